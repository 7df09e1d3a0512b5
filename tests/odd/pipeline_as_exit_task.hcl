pipeline "notify" {
  parameter "text" { type = string }
  component "say" { python = "steps.py:say" }
  task "say" {
    component = component.say
    arguments = { text = param.text }
  }
}
pipeline "p" {
  component "say" { python = "steps.py:say" }
  task "say" { component = component.say }
  exit_handler "e" {
    task "notify" {
      component = pipeline.notify
      arguments = { text = "done" }
    }
  }
}
