pipeline "p" {
  component "one" { python = "pipeline.py:one" }
  component "two" { python = "pipeline.py:two" }

  task "two" {
    component = component.two
    after     = [task.one]
  }
  task "one" { component = component.one }
  task "one-2" {
    component               = component.one
    after                   = [task.two]
    ignore_upstream_failure = true
  }
}
