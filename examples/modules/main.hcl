# A team's platform from the modules that ship: nodes, a bucket with data, a workspace.

variable "cluster" {
  type    = string
  default = "sandbox"
}

variable "subnets" {
  type    = set(string)
  default = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
}

variable "node_role" {
  type    = string
  default = "arn:aws:iam::123456789012:role/kfinfra-nodes"
}

module "nodes" {
  source = "../../modules/node-groups"

  cluster   = var.cluster
  subnets   = var.subnets
  node_role = var.node_role
  gpu       = { max = 1 }
  spot      = {}
}

module "artifacts" {
  source = "../../modules/artifact-store"

  name          = "acme-ml-modules"
  force_destroy = true # an example's data may go with it
  folders       = { "datasets/v1" = { source = "data" } }
}

module "workspace" {
  source = "../../modules/training-workspace"

  name     = "churn"
  claims   = { models = { size = "10Gi", storage_class = "efs-sc", force_destroy = true } }
  settings = { LOG_LEVEL = "info" }
  quota    = { "requests.cpu" = "64", "requests.nvidia.com/gpu" = "4" }
}

module "train" {
  source = "../../modules/pipeline-deployment"

  name        = "train"
  source_file = "pipelines/train.py"
  node_group  = module.nodes.general
  schedule    = { cron = "0 0 2 * * *" }
  parameters  = { epochs = 3 }

  overrides = {
    fit = {
      node_group = module.nodes.gpu
      resources  = { limits = { "nvidia.com/gpu" = "1" } }
      cache      = false
    }
  }
}

output "data" {
  value = module.artifacts.urls["datasets/v1"]
}
