pipeline "p" {
  component "every" { python = "steps.py:every" }
  task "every" {
    component = component.every
    arguments = {
      s = "line\none ü 日本 $${x} {{y}}"
      i = 12345678901
      f = 2
      b = true
      l = [1, "a", [true], { k = 1.5 }]
      d = { "a b" = { c = [] }, "" = 1 }
      o = null
    }
  }
}
