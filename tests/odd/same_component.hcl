pipeline "p" {
  component "say" { python = "steps.py:say" }
  task "one" {
    component = component.say
    arguments = { text = "1" }
    cache     = false
    resources = { limits = { cpu = "1" } }
  }
  task "two" {
    component = component.say
    arguments = { text = "2" }
    env       = { A = "b" }
  }
  task "three" {
    component = component.say
    arguments = { text = "3" }
  }
  task "four" {
    component = component.say
    arguments = { text = "4" }
    env       = { A = "b" }
  }
}
