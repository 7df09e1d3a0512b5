# The three kinds of node groups that an ML cluster needs: general, GPU, spot.

variable "cluster" {
  type    = string
  default = "sandbox"
}

variable "subnets" {
  type    = list(string)
  default = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
}

variable "node_role" {
  type    = string
  default = "arn:aws:iam::123456789012:role/kfinfra-nodes"
}

node_group "general" {
  cluster        = var.cluster
  instance_types = ["m5.xlarge"]
  subnets        = var.subnets
  node_role      = var.node_role
  scaling        = { min = 1, max = 4 }
}

node_group "gpu" {
  cluster        = var.cluster
  instance_types = ["p2.xlarge"]
  subnets        = var.subnets
  node_role      = var.node_role
  scaling        = { min = 0, max = 2 }
  taints         = [{ key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }]
}

node_group "spot" {
  cluster        = var.cluster
  capacity_type  = "SPOT"
  instance_types = ["m5.2xlarge", "m5a.2xlarge", "m4.2xlarge"]
  subnets        = var.subnets
  node_role      = var.node_role
  scaling        = { min = 0, max = 20 }
  labels         = { workload = "batch" }
}
