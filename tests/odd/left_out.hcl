pipeline "p" {
  component "say" { python = "steps.py:say" }
  component "add" { python = "steps.py:add" }
  component "numbers" { python = "steps.py:numbers" }
  parameter "o" {
    type     = integer
    optional = true
  }
  task "say" { component = component.say }
  task "add" {
    component = component.add
    arguments = { a = 1, b = null }
  }
  task "numbers" {
    component = component.numbers
    arguments = { n = param.o }
  }
}
