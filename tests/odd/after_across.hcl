pipeline "p" {
  component "say" { python = "steps.py:say" }
  component "add" { python = "steps.py:add" }
  parallel_for "a" {
    items = [1]
    task "say" { component = component.say }
    parallel_for "b" {
      items = [2]
      task "say-2" { component = component.say }
    }
  }
  task "say-3" {
    component = component.say
    after     = [parallel_for.a, task.add]
  }
  task "add" {
    component = component.add
    arguments = { a = 1 }
  }
}
