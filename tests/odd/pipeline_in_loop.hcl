pipeline "low" {
  parameter "n" { type = integer }
  component "add" { python = "steps.py:add" }
  task "add" {
    component = component.add
    arguments = { a = param.n, b = 1 }
  }
  output "n" { value = task.add.output }
}
pipeline "mid" {
  parameter "n" { type = integer }
  task "low" {
    component = pipeline.low
    arguments = { n = param.n }
  }
  output "n" { value = task.low.outputs.n }
}
pipeline "p" {
  component "total" { python = "steps.py:total" }
  parallel_for "l" {
    items = [1, 2]
    task "mid" {
      component = pipeline.mid
      arguments = { n = each.value }
    }
  }
  task "total" {
    component = component.total
    arguments = { values = collect(task.mid.outputs.n) }
  }
}
