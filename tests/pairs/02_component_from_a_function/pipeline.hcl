variable "base" {
  default = "python:3.12"
}

pipeline "p" {
  parameter "epochs" {
    type    = integer
    default = 3
  }
  parameter "rate" {
    type    = number
    default = 1
  }
  parameter "names" { type = list(string) }
  parameter "options" {
    type     = map
    optional = true
  }
  parameter "fast" {
    type    = bool
    default = true
  }

  component "fit" {
    python     = "pipeline.py"
    base_image = var.base
    packages   = ["scikit-learn==1.5.2"]
  }
  component "report" {
    python   = "pipeline.py"
    function = "report"
  }
  component "show" { python = "pipeline.py:show" }

  task "fit" {
    component = component.fit
    arguments = { epochs = param.epochs, rate = param.rate, names = param.names, fast = param.fast }
  }
  task "report" {
    component = component.report
    arguments = { data = task.fit.outputs.data, text = "rate ${param.rate} of ${upper("x")}: ${task.fit.outputs.loss}" }
  }
  task "show" {
    component = component.show
    arguments = {
      values  = [task.fit.outputs.loss, 2]
      options = { loss = task.fit.outputs.loss, fixed = "yes" }
      note    = var.base == "python:3.12" ? "rate ${param.rate}" : "none"
      rate    = 2
    }
  }
}
