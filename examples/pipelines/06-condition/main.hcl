# Row 6: branches by what a task gave, and the output of whichever ran.

pipeline "condition" {
  parameter "threshold" {
    type    = number
    default = 0.9
  }

  component "measure" {
    python              = "${path.module}/components.py:measure"
    base_image          = "python:3.11"
    install_kfp_package = false
  }
  component "say" {
    python              = "${path.module}/components.py:say"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "measure" { component = component.measure }

  condition "good" {
    when = task.measure.output >= param.threshold
    task "publish" {
      component = component.say
      arguments = { text = "published" }
    }
    else_if {
      when = task.measure.output >= 0.5
      task "keep" {
        component = component.say
        arguments = { text = "kept" }
      }
    }
    otherwise {
      task "drop" {
        component = component.say
        arguments = { text = "dropped" }
      }
    }
  }
  task "report" {
    component = component.say
    arguments = { text = one_of(task.publish.output, task.keep.output, task.drop.output) }
  }
}
