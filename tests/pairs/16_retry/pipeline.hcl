pipeline "p" {
  component "fit" { python = "pipeline.py:fit" }
  defaults {
    retry = { count = 1 }
  }
  task "fit" {
    component = component.fit
    retry     = { count = 3, backoff = "30s", factor = 3, max_backoff = "10m" }
  }
}
