variable "cluster" {
  type        = string
  description = "The EKS cluster's name."
}

variable "subnets" {
  type        = set(string)
  description = "The ids of the subnets that nodes start in."
}

variable "node_role" {
  type        = string
  description = "The ARN of the IAM role that nodes take."
}

variable "prefix" {
  type        = string
  default     = ""
  description = "What the groups' names begin with, such as \"team-\"."
}

variable "kubernetes_version" {
  type        = string
  default     = null
  description = "The nodes' Kubernetes version; the cluster's where it is null."
}

variable "general" {
  type = object({
    instance_types = optional(list(string), ["m5.xlarge"])
    min            = optional(number, 1)
    max            = optional(number, 4)
    disk_size      = optional(number, 50)
    labels         = optional(map(string), {})
  })
  default     = {}
  description = "The group for everything that needs no more; null leaves it out."
}

variable "gpu" {
  type = object({
    instance_types = optional(list(string), ["g5.xlarge"])
    ami_type       = optional(string, "AL2023_x86_64_NVIDIA")
    min            = optional(number, 0)
    max            = optional(number, 2)
    disk_size      = optional(number, 100)
    labels         = optional(map(string), {})
  })
  default     = null
  description = "The group for training on GPUs, tainted nvidia.com/gpu; {} takes the defaults, null leaves it out."
}

variable "spot" {
  type = object({
    instance_types = optional(list(string), ["m5.2xlarge", "m5a.2xlarge", "m4.2xlarge"])
    min            = optional(number, 0)
    max            = optional(number, 20)
    disk_size      = optional(number, 50)
    labels         = optional(map(string), {})
    taint          = optional(bool, true)
  })
  default     = null
  description = "The group for work that may be interrupted; {} takes the defaults, null leaves it out. `taint` keeps all other work away."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "Tags of every group."
}
