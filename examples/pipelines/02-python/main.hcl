# Row 2: components from Python, a plain typed function and a decorated one, with their image and packages.

pipeline "python" {
  parameter "rows" {
    type    = integer
    default = 3
  }

  component "load" {
    python              = "${path.module}/components.py:load"
    base_image          = "python:3.11"
    install_kfp_package = false
  }
  component "fit" { python = "${path.module}/components.py:fit" }

  task "load" {
    component = component.load
    arguments = { rows = param.rows }
  }
  task "fit" {
    component = component.fit
    arguments = { values = task.load.output }
  }
}
