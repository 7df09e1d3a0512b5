pipeline "p" {
  component "add" { python = "steps.py:add" }
  component "numbers" { python = "steps.py:numbers" }
  parameter "ns" { type = list(integer) }
  task "numbers" { component = component.numbers }
  parallel_for "l" {
    items = task.numbers.output
    condition "c" {
      when = each.value > 1
      task "add" {
        component = component.add
        arguments = { a = each.value }
      }
    }
  }
}
