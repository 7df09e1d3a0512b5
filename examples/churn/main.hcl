# Churn: a model for each region, trained every night from data in S3, published where it is good enough.

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

variable "regions" {
  type    = list(string)
  default = ["eu", "us", "apac"]
}

locals {
  python = { base_image = "python:3.11" }
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
  instance_types = ["g5.xlarge"]
  ami_type       = "AL2023_x86_64_NVIDIA"
  subnets        = var.subnets
  node_role      = var.node_role
  scaling        = { min = 0, max = 3 }
  taints         = [{ key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }]
}

s3_bucket "churn" {
  name          = "acme-churn"
  versioning    = true
  force_destroy = true # an example's data may go with it
}

s3_sync "customers" {
  bucket = s3_bucket.churn
  prefix = "customers"
  source = "data"
}

config_map "churn" {
  namespace = "kubeflow"
  data      = { REGION = "eu-west-1" }
}

pipeline "churn" {
  parameter "epochs" {
    type        = integer
    default     = 3
    description = "Passes over the data."
  }
  parameter "threshold" {
    type        = number
    default     = 0.6
    description = "The mean score that a night's models need to be published."
  }

  component "prepare" {
    python              = "components/steps.py:prepare"
    base_image          = local.python.base_image
    install_kfp_package = false
  }
  component "train" {
    python              = "components/steps.py:train"
    base_image          = local.python.base_image
    install_kfp_package = false
  }
  component "judge" {
    python              = "components/steps.py:judge"
    base_image          = local.python.base_image
    install_kfp_package = false
  }
  component "publish" {
    python              = "components/steps.py:publish"
    base_image          = local.python.base_image
    install_kfp_package = false
  }
  component "report" { python = "components/steps.py:report" }

  defaults {
    node_group = node_group.general
    env_from   = [{ config_map = config_map.churn, keys = { REGION = "AWS_REGION" } }]
  }

  task "prepare" {
    component = component.prepare
    scratch   = { path = "/data", size = "10Gi" }
    s3_inputs = [{ bucket = s3_bucket.churn, prefix = "customers", path = "/data/customers" }]
  }

  parallel_for "region" {
    items       = var.regions
    parallelism = 2
    task "train" {
      component  = component.train
      arguments  = { region = each.value, rows = task.prepare.output, epochs = param.epochs }
      node_group = node_group.gpu
      retry      = { count = 2, backoff = "1m", factor = 2, max_backoff = "8h" }
      timeout    = "2h"
      resources = {
        requests = { cpu = "2", memory = "8Gi" }
        limits   = { cpu = "4", memory = "16Gi", "nvidia.com/gpu" = 1 }
      }
    }
  }

  task "judge" {
    component = component.judge
    arguments = { scores = collect(task.train.output) }
  }

  condition "good" {
    when = task.judge.output >= param.threshold
    task "publish" {
      component = component.publish
      arguments = { score = task.judge.output, where = "s3://${s3_bucket.churn.name}/models" }
      cache     = false
    }
    otherwise {
      task "reject" {
        component = component.publish
        arguments = { score = task.judge.output, where = "" }
      }
    }
  }

  exit_handler "always" {
    task "report" {
      component = component.report
      arguments = { what = "churn, ${param.epochs} epochs" }
      cache     = false
    }
  }
}

recurring_run "nightly" {
  pipeline   = pipeline.churn
  cron       = "0 0 2 * * *"
  parameters = { epochs = 5 }
}
