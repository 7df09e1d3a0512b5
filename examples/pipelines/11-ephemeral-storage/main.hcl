# Row 11: space for a while. KFP holds no request for ephemeral storage; a volume of its own is what holds on the cluster.

pipeline "scratch" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component = component.fit
    scratch   = { path = "/scratch", size = "5Gi" }
  }
}
