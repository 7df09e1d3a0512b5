# A pipeline from Python with its placement, and the schedule that it runs on.

pipeline "this" {
  name          = var.name
  description   = var.description
  source        = var.source_file
  function      = var.function
  keep_versions = var.keep_versions

  defaults {
    node_group = var.node_group
    retry      = var.retry
    timeout    = var.timeout
  }

  dynamic "override" {
    for_each = var.overrides
    labels   = [override.key]

    content {
      node_group = lookup(override.value, "node_group", null)
      resources  = lookup(override.value, "resources", null)
      mounts     = lookup(override.value, "mounts", null)
      env        = lookup(override.value, "env", null)
      env_from   = lookup(override.value, "env_from", null)
      s3_inputs  = lookup(override.value, "s3_inputs", null)
      s3_outputs = lookup(override.value, "s3_outputs", null)
      scratch    = lookup(override.value, "scratch", null)
      retry      = lookup(override.value, "retry", null)
      timeout    = lookup(override.value, "timeout", null)
      cache      = lookup(override.value, "cache", null)
    }
  }
}

recurring_run "this" {
  count = var.schedule == null ? 0 : 1

  name            = var.name
  pipeline        = pipeline.this
  cron            = var.schedule.cron
  interval        = var.schedule.interval
  parameters      = var.parameters
  enabled         = var.schedule.enabled
  service_account = var.schedule.service_account
  pipeline_root   = var.pipeline_root
}
