# Row 4: an order that no data asks for.

pipeline "after" {
  component "say" {
    python              = "${path.module}/components.py:say"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "first" {
    component = component.say
    arguments = { text = "first" }
  }
  task "second" {
    component = component.say
    arguments = { text = "second" }
    after     = [task.first]
  }
}
