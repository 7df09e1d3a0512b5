pipeline "p" {
  component "say" { python = "steps.py:say" }
  component "add" { python = "steps.py:add" }
  component "numbers" { python = "steps.py:numbers" }
  component "tell" { python = "steps.py:tell" }
  parameter "go" { type = bool }
  task "numbers" { component = component.numbers }
  parallel_for "l" {
    items = task.numbers.output
    task "add" {
      component = component.add
      arguments = { a = each.value }
    }
  }
  condition "c" {
    when = param.go
    task "say" { component = component.say }
  }
  exit_handler "always" {
    task "tell" {
      component = component.tell
      arguments = { text = "end of ${param.go}" }
    }
  }
}
