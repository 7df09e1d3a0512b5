pipeline "p" {
  component "add" { python = "steps.py:add" }
  component "numbers" { python = "steps.py:numbers" }
  parameter "go" { type = bool }
  task "numbers" { component = component.numbers }
  condition "c" {
    when = param.go
    parallel_for "l" {
      items       = task.numbers.output
      parallelism = 2
      task "add" {
        component = component.add
        arguments = { a = each.value }
      }
    }
  }
}
