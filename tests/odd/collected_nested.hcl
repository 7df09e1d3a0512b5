pipeline "p" {
  component "add" { python = "steps.py:add" }
  component "total" { python = "steps.py:total" }
  parallel_for "outer" {
    items = [1, 2]
    parallel_for "inner" {
      items = [10, 20]
      task "add" {
        component = component.add
        arguments = { a = each.value, b = parallel_for.outer.value }
      }
    }
  }
  task "total" {
    component = component.total
    arguments = { values = collect(task.add.output) }
  }
}
