# Row 9: CPU, what is kept free and the most that may be used.

pipeline "cpu" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component = component.fit
    resources = { requests = { cpu = "500m" }, limits = { cpu = "1" } }
  }
}
