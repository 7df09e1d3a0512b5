pipeline "p" {
  component "fit" { python = "pipeline.py:fit" }
  task "fit" {
    component = component.fit
    resources = {
      requests = { cpu = "500m", memory = "1G" }
      limits   = { cpu = "2", memory = "2Gi", "nvidia.com/gpu" = 1 }
    }
  }
}
