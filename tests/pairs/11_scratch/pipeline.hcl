pipeline "p" {
  component "fit" { python = "pipeline.py:fit" }
  task "fit" {
    component     = component.fit
    scratch       = { path = "/scratch", size = "5Gi", storage_class = "gp3" }
    shared_memory = "1Gi"
    timeout       = "1h"
    cache         = false
    image         = "python:3.12"
    labels        = { team = "ml" }
    annotations   = { "example.org/cost" = "42" }
  }
}
