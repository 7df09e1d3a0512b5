# Row 12: a GPU with its vendor; devices are limits only.

pipeline "gpu" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component = component.fit
    resources = { limits = { "nvidia.com/gpu" = 1 } }
  }
}
