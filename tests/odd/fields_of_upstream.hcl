pipeline "p" {
  component "add" { python = "steps.py:add" }
  component "objects" { python = "steps.py:objects" }
  task "objects" { component = component.objects }
  parallel_for "l" {
    items = task.objects.output
    task "add" {
      component = component.add
      arguments = { a = each.value.a, b = each.value.b }
    }
  }
}
