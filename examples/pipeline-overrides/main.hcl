# A pipeline in plain Python, and everything about where and how its tasks run decided here.

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
  instance_types = ["g4dn.xlarge"]
  ami_type       = "AL2023_x86_64_NVIDIA"
  subnets        = var.subnets
  node_role      = var.node_role
  scaling        = { min = 0, max = 2 }
  taints         = [{ key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }]
}

pvc "models" {
  namespace     = "kubeflow" # where a KFP for one user runs its pods
  size          = "10Gi"
  access_modes  = ["ReadWriteMany"]
  storage_class = "efs-sc"
  force_destroy = true
}

config_map "training" {
  namespace = "kubeflow"
  data      = { REGION = "eu-west-1" }
}

pipeline "churn" {
  source = "pipelines/churn.py"

  defaults { # for every task
    node_group = node_group.general
    retry      = { count = 2, backoff = "30s" }
    timeout    = "1h"
  }

  override "fit" {
    node_group = node_group.gpu
    resources = {
      requests = { cpu = "1000m", memory = "1G" }
      limits   = { cpu = "2000m", memory = "2G", "nvidia.com/gpu" = 1 }
    }
    mounts   = [{ pvc = pvc.models, path = "/mnt/models" }]
    env      = { OMP_NUM_THREADS = "4" }
    env_from = [{ config_map = config_map.training, keys = { REGION = "AWS_REGION" } }]
  }

  override "report" {
    cache = false
    retry = { count = 0 }
  }
}
