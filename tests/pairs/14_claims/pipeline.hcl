namespace "ml" {}

pvc "shared" {
  namespace    = namespace.ml
  size         = "5Gi"
  access_modes = ["ReadWriteMany"]
}

pipeline "p" {
  component "fit" { python = "pipeline.py:fit" }
  parallel_for "folds" {
    items = [1, 2]
    task "fit" {
      component = component.fit
      mounts    = [{ pvc = pvc.shared, path = "/mnt/shared" }]
    }
  }
}
