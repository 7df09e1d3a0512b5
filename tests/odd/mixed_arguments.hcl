pipeline "p" {
  component "add" { python = "steps.py:add" }
  component "numbers" { python = "steps.py:numbers" }
  component "every" { python = "steps.py:every" }
  parameter "s" { type = string }
  parameter "n" { type = integer }
  task "numbers" {
    component = component.numbers
    arguments = { n = param.n }
  }
  task "add" {
    component = component.add
    arguments = { a = param.n, b = param.n }
  }
  task "every" {
    component = component.every
    arguments = {
      s = "${param.s}/${param.n}-${task.add.output}"
      i = param.n
      f = 1.5
      b = true
      l = [param.n, "x", task.add.output]
      d = { b = param.s, a = task.add.output, c = { k = param.n } }
    }
  }
}
