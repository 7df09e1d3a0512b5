pipeline "p" {
  component "say" { python = "steps.py:say" }
  task "a-task-with-a-name-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-end" {
    component = component.say
    arguments = { text = "x" }
  }
  task "after" {
    component = component.say
    arguments = { text = task.a-task-with-a-name-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-that-goes-on-end.output }
  }
}
