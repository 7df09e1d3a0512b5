pipeline "p" {
  component "say" { python = "steps.py:say" }
  component "add" { python = "steps.py:add" }
  task "add" {
    component = component.add
    arguments = { a = 1 }
  }
  task "say" {
    component               = component.say
    arguments               = { text = "x" }
    after                   = [task.add]
    ignore_upstream_failure = true
  }
}
