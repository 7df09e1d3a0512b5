pipeline "p" {
  component "every" { python = "steps.py:every" }
  parameter "s" {
    type    = string
    default = "a \"b\" \\ {{x}} ünï ✓"
  }
  parameter "i" {
    type    = integer
    default = -7
  }
  parameter "f" {
    type    = number
    default = 3
  }
  parameter "b" {
    type    = bool
    default = false
  }
  parameter "l" {
    type    = list(string)
    default = []
  }
  parameter "d" {
    type    = map(integer)
    default = { z = 1, a = 2 }
  }
  parameter "o" {
    type     = string
    optional = true
  }
  task "every" {
    component = component.every
    arguments = { s = param.s, i = param.i, f = param.f, b = param.b, l = param.l, d = param.d, o = param.o }
  }
}
