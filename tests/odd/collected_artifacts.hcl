pipeline "p" {
  component "make" { python = "steps.py:make" }
  component "read_all" { python = "steps.py:read_all" }
  parallel_for "l" {
    items = [1, 2, 3]
    task "make" {
      component = component.make
      arguments = { rows = each.value }
    }
  }
  task "read-all" {
    component = component.read_all
    arguments = { data = collect(task.make.output) }
  }
}
