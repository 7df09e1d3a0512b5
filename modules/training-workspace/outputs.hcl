output "namespace" {
  value       = namespace.this
  description = "The namespace."
}

output "claims" {
  value       = pvc.this
  description = "The claims by name, for `mounts` of tasks."
}

output "settings" {
  value       = one(config_map.settings)
  description = "The config map, for `env_from` of tasks; null where there are no settings."
}
