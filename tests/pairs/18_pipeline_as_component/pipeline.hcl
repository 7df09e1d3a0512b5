pipeline "inner" {
  parameter "rows" { type = integer }
  component "fit" { python = "pipeline.py:fit" }
  task "fit" {
    component = component.fit
    arguments = { rows = param.rows }
  }
  output "loss" { value = task.fit.output }
}

pipeline "p" {
  component "say" { python = "pipeline.py:say" }
  task "inner" {
    component = pipeline.inner
    arguments = { rows = 3 }
  }
  task "say" {
    component = component.say
    arguments = { loss = task.inner.outputs.loss }
  }
}
