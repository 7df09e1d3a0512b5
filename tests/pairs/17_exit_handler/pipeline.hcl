pipeline "p" {
  parameter "who" { type = string }

  component "work" { python = "pipeline.py:work" }
  component "tell" { python = "pipeline.py:tell" }
  component "before" { python = "pipeline.py:before" }

  task "before" { component = component.before }
  task "work" {
    component = component.work
    after     = [task.before]
  }
  parallel_for "each" {
    items = ["a", "b"]
    task "work-2" {
      component = component.work
      after     = [task.work]
    }
  }
  exit_handler "always" {
    guards = [task.work, parallel_for.each]
    task "tell" {
      component = component.tell
      arguments = { who = param.who }
    }
  }
}
