# Row 3: a container, whose inputs and outputs stand in its command.

pipeline "container" {
  parameter "text" {
    type    = string
    default = "hello"
  }

  component "write" {
    image   = "busybox:1.36"
    command = ["sh", "-c", "echo \"$0\" > \"$1\""]
    args    = [input.text, output.answer.path]
    input "text" { type = string }
    output "answer" { type = string }
  }
  component "show" {
    image   = "busybox:1.36"
    command = ["echo", "it said ${input.text}"]
    input "text" { type = string }
  }

  task "write" {
    component = component.write
    arguments = { text = param.text }
  }
  task "show" {
    component = component.show
    arguments = { text = task.write.output }
  }
}
