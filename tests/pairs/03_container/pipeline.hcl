variable "hook" {
  default = "https://example.org"
}

pipeline "p" {
  parameter "text" { type = string }

  component "notify" {
    image   = "curlimages/curl:8.10.1"
    command = ["curl"]
    args    = ["-d", input.text, "text=${input.text}", var.hook, "-o", output.answer.path, "--retry", 3]
    input "text" { type = string }
    input "times" {
      type    = integer
      default = 2
    }
    output "answer" { type = string }
  }
  component "copy" {
    image   = "busybox:1.36"
    command = ["sh", "-c", "cp $0 $1"]
    args    = [input.data.path, output.copy.path]
    input "data" { type = Dataset }
    output "copy" { type = Dataset }
  }
  component "make" {
    image   = "busybox:1.36"
    command = ["touch", output.data.path]
    output "data" { type = Dataset }
  }

  task "make" { component = component.make }
  task "copy" {
    component = component.copy
    arguments = { data = task.make.output }
  }
  task "notify" {
    component = component.notify
    arguments = { text = param.text }
  }
}
