pipeline "inner" {
  parameter "data" { type = Dataset }
  component "read" { python = "steps.py:read" }
  component "make" { python = "steps.py:make" }
  task "read" {
    component = component.read
    arguments = { data = param.data }
  }
  task "make" {
    component = component.make
    arguments = { rows = task.read.output }
  }
  output "rows" { value = task.read.output }
  output "copy" { value = task.make.output }
}
pipeline "p" {
  component "add" { python = "steps.py:add" }
  component "make" { python = "steps.py:make" }
  component "read" { python = "steps.py:read" }
  task "make" {
    component = component.make
    arguments = { rows = 3 }
  }
  task "inner" {
    component = pipeline.inner
    arguments = { data = task.make.output }
  }
  task "add" {
    component = component.add
    arguments = { a = task.inner.outputs.rows }
  }
  task "again" {
    component = component.read
    arguments = { data = task.inner.outputs.copy }
  }
}
