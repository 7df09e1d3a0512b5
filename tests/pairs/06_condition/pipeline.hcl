pipeline "p" {
  parameter "threshold" {
    type    = number
    default = 0.9
  }

  component "flip" { python = "pipeline.py:flip" }
  component "heads" { python = "pipeline.py:heads" }
  component "tails" { python = "pipeline.py:tails" }
  component "edge" { python = "pipeline.py:edge" }
  component "say" { python = "pipeline.py:say" }

  task "flip" { component = component.flip }

  condition "side" {
    when = task.flip.outputs.side == "heads"
    task "heads" { component = component.heads }

    else_if {
      when = task.flip.outputs.side == "tails"
      task "tails" { component = component.tails }
    }
    otherwise {
      task "edge" { component = component.edge }
    }
  }
  task "say" {
    component = component.say
    arguments = { text = one_of(task.heads.output, task.tails.output, task.edge.output) }
  }
  condition "sure" {
    when = param.threshold < task.flip.outputs.chance && task.flip.outputs.fair && !(task.flip.outputs.side == "edge")
    condition "nested" {
      when = task.flip.outputs.chance <= 0.99
      task "say-2" {
        component = component.say
        arguments = { text = "sure" }
      }
    }
  }
}
