pipeline "p" {
  component "say" { python = "steps.py:say" }
  component "add" { python = "steps.py:add" }
  component "total" { python = "steps.py:total" }
  parallel_for "l" {
    items = [1, 2]
    task "add" {
      component = component.add
      arguments = { a = each.value }
    }
    condition "c" {
      when = task.add.output > 1
      task "big" {
        component = component.say
        arguments = { text = "big" }
      }
      otherwise {
        task "small" {
          component = component.say
          arguments = { text = "small" }
        }
      }
    }
    task "end" {
      component = component.say
      arguments = { text = one_of(task.big.output, task.small.output) }
    }
  }
  task "total" {
    component = component.total
    arguments = { values = collect(task.end.output) }
  }
}
