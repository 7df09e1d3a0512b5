output "general" {
  value       = one(node_group.general)
  description = "The general group, for `node_group` of a pipeline's tasks; null where it is left out."
}

output "gpu" {
  value       = one(node_group.gpu)
  description = "The GPU group, or null."
}

output "spot" {
  value       = one(node_group.spot)
  description = "The spot group, or null."
}
