variable "name" {
  type        = string
  description = "The namespace's name."
}

variable "labels" {
  type        = map(string)
  default     = {}
  description = "The namespace's labels."
}

variable "claims" {
  type = map(object({
    size          = string
    access_modes  = optional(set(string), ["ReadWriteMany"])
    storage_class = optional(string)
    force_destroy = optional(bool, false)
  }))
  default     = {}
  description = "Claims by name; the cluster's default storage class where none is written."
}

variable "settings" {
  type        = map(string)
  default     = {}
  description = "What the config map `settings` holds, for `env_from` of tasks."
}

variable "quota" {
  type        = map(string)
  default     = {}
  description = "The most that the namespace may use in all, by resource, such as { \"requests.nvidia.com/gpu\" = 4 }."
}

variable "container_defaults" {
  type = object({
    requests = optional(map(string), { cpu = "250m", memory = "256Mi" })
    limits   = optional(map(string), { memory = "1Gi" })
  })
  default     = {}
  description = "What a container asks for and may use that says nothing; null sets no defaults. A quota needs them."
}
