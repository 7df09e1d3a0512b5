pipeline "p" {
  component "say" { python = "steps.py:say" }
  component "tell" { python = "steps.py:tell" }
  task "one" { component = component.say }
  task "two" {
    component = component.say
    after     = [exit_handler.first]
  }
  exit_handler "first" {
    guards = [task.one]
    task "end-one" { component = component.tell }
  }
  exit_handler "second" {
    guards = [task.two]
    task "end-two" {
      component = component.tell
      arguments = { text = "2" }
    }
  }
}
