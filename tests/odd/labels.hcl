pipeline "p" {
  component "say" { python = "steps.py:say" }
  task "Ümlaut_Task" {
    component = component.say
    arguments = { text = "ß" }
  }
  task "UPPER-case_x" {
    component = component.say
    arguments = { text = task.Ümlaut_Task.output }
  }
}
