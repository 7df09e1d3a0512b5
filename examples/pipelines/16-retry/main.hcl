# Row 16: a failed task is tried again, with a wait that grows.

pipeline "retry" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component = component.fit
    retry     = { count = 3, backoff = "10s", factor = 2, max_backoff = "5m" }
  }
}
