pipeline "p" {
  component "add" { python = "steps.py:add" }
  task "a" {
    component = component.add
    arguments = { a = 1 }
  }
  task "b" {
    component = component.add
    arguments = { a = task.a.output }
    retry     = { count = 2, backoff = "5s" }
  }
  task "c" {
    component = component.add
    arguments = { a = task.a.output }
    cache     = false
  }
  task "d" {
    component = component.add
    arguments = { a = task.b.output, b = task.c.output }
    timeout   = "10m"
    labels    = { team = "ml" }
  }
}
