# General, GPU and spot node groups of one EKS cluster: write the ones that you want, the rest has sensible defaults.

node_group "general" {
  count = var.general == null ? 0 : 1

  name           = "${var.prefix}general"
  cluster        = var.cluster
  subnets        = var.subnets
  node_role      = var.node_role
  version        = var.kubernetes_version
  instance_types = var.general.instance_types
  disk_size      = var.general.disk_size
  scaling        = { min = var.general.min, max = var.general.max }
  labels         = merge({ workload = "general" }, var.general.labels)
  tags           = var.tags
}

node_group "gpu" {
  count = var.gpu == null ? 0 : 1

  name           = "${var.prefix}gpu"
  cluster        = var.cluster
  subnets        = var.subnets
  node_role      = var.node_role
  version        = var.kubernetes_version
  instance_types = var.gpu.instance_types
  ami_type       = var.gpu.ami_type
  disk_size      = var.gpu.disk_size
  scaling        = { min = var.gpu.min, max = var.gpu.max }
  labels         = merge({ workload = "gpu" }, var.gpu.labels)
  taints         = [{ key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }]
  tags           = var.tags
}

node_group "spot" {
  count = var.spot == null ? 0 : 1

  name           = "${var.prefix}spot"
  cluster        = var.cluster
  subnets        = var.subnets
  node_role      = var.node_role
  version        = var.kubernetes_version
  capacity_type  = "SPOT"
  instance_types = var.spot.instance_types
  disk_size      = var.spot.disk_size
  scaling        = { min = var.spot.min, max = var.spot.max }
  labels         = merge({ workload = "batch" }, var.spot.labels)
  taints         = var.spot.taint ? [{ key = "workload", value = "batch", effect = "NoSchedule" }] : []
  tags           = var.tags
}
