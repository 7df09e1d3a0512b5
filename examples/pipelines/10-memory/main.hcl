# Row 10: memory, requested and limited.

pipeline "memory" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component = component.fit
    resources = { requests = { memory = "512Mi" }, limits = { memory = "1Gi" } }
  }
}
