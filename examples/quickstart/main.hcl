# A small ML platform: nodes, a bucket with data in it, a claim, settings, a pipeline and its schedule.

kfinfra {
  required_version = ">= 0.1"
}

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

s3_bucket "artifacts" {
  name          = "acme-ml-artifacts"
  versioning    = true
  force_destroy = true # an example's data may go with it
}

s3_sync "dataset" {
  bucket = s3_bucket.artifacts
  prefix = "experiment/artifacts"
  source = "data"
}

namespace "ml" {} # the team's own; a KFP for one user runs its pods in its namespace, kubeflow

config_map "notebooks" {
  namespace = namespace.ml
  data      = { BUCKET = s3_bucket.artifacts.name }
}

pvc "pipeline" {
  namespace     = "kubeflow"
  size          = "5Gi"
  access_modes  = ["ReadWriteMany"]
  storage_class = "efs-sc"
  force_destroy = true
}

config_map "training" {
  namespace = "kubeflow"
  data      = { REGION = "eu-west-1", LOG_LEVEL = "info" }
}

pipeline "train" {
  source = "pipelines/train.py"

  defaults {
    node_group = node_group.general
    retry      = { count = 2, backoff = "30s" }
  }

  override "fit" {
    resources = {
      requests = { cpu = "500m", memory = "512Mi" }
      limits   = { cpu = "1", memory = "1Gi" }
    }
    mounts   = [{ pvc = pvc.pipeline, path = "/mnt/pipeline" }]
    env_from = [{ config_map = config_map.training, keys = { REGION = "AWS_REGION" } }]
  }
}

recurring_run "nightly" {
  pipeline   = pipeline.train
  cron       = "0 0 2 * * *"
  parameters = { epochs = 3 }
}

output "dataset" {
  value = "s3://${s3_bucket.artifacts.name}/${s3_sync.dataset.prefix}"
}
