pipeline "p" {
  component "say" { python = "steps.py:say" }
  parameter "n" { type = integer }
  condition "c" {
    when = param.n == 1
    task "one" { component = component.say }
    else_if {
      when = param.n == 2
      task "two" { component = component.say }
    }
    else_if {
      when = param.n == 3
      task "three" { component = component.say }
    }
    otherwise {
      condition "d" {
        when = param.n < 0
        task "less" { component = component.say }
        otherwise {
          task "more" { component = component.say }
        }
      }
    }
  }
  task "after" { component = component.say }
}
