# Row 14: a claim that tasks mount.

pvc "shared" {
  namespace     = "kubeflow"
  size          = "1Gi"
  access_modes  = ["ReadWriteMany"]
  force_destroy = true # an example's data may go with it
}

pipeline "claim" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component = component.fit
    mounts    = [{ pvc = pvc.shared, path = "/mnt/shared" }]
  }
}
