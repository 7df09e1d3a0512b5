# Row 17: a task that runs when the others have ended, however they did; KFP fills its final status in.

pipeline "exit-handler" {
  component "work" {
    python              = "${path.module}/components.py:work"
    base_image          = "python:3.11"
    install_kfp_package = false
  }
  component "tell" { python = "${path.module}/components.py:tell" }

  task "work" { component = component.work }

  exit_handler "always" {
    task "tell" {
      component = component.tell
      arguments = { who = "the team" }
    }
  }
}
