# What a team trains in: a namespace with a quota and default limits, claims, settings.

namespace "this" {
  name   = var.name
  labels = var.labels
}

pvc "this" {
  for_each = var.claims

  namespace     = namespace.this
  name          = each.key
  size          = each.value.size
  access_modes  = each.value.access_modes
  storage_class = each.value.storage_class
  force_destroy = each.value.force_destroy
}

config_map "settings" {
  count = length(var.settings) > 0 ? 1 : 0

  namespace = namespace.this
  name      = "settings"
  data      = var.settings
}

resource_quota "this" {
  count = length(var.quota) > 0 ? 1 : 0

  namespace = namespace.this
  name      = "workspace"
  hard      = var.quota
}

limit_range "this" {
  count = var.container_defaults == null ? 0 : 1

  namespace = namespace.this
  name      = "workspace"

  limits = [{
    type            = "Container"
    default         = var.container_defaults.limits
    default_request = var.container_defaults.requests
  }]
}
