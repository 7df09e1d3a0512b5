variable "name" {
  type        = string
  description = "The bucket's name: unique among all of AWS."
}

variable "versioning" {
  type        = bool
  default     = true
  description = "Whether earlier versions of objects are kept."
}

variable "kms_key" {
  type        = string
  default     = null
  description = "The KMS key that encrypts objects; S3's own where it is null."
}

variable "force_destroy" {
  type        = bool
  default     = false
  description = "Whether the bucket may be destroyed with what is in it."
}

variable "expire_after_days" {
  type        = map(number)
  default     = { "tmp/" = 7 }
  description = "After how many days objects below a prefix are deleted."

  validation {
    condition     = alltrue([for days in values(var.expire_after_days) : days >= 1])
    error_message = "Objects can expire after one day at the earliest."
  }
}

variable "folders" {
  type = map(object({
    source  = string
    exclude = optional(list(string), [])
    delete  = optional(bool, false)
  }))
  default     = {}
  description = "Folders of this machine that are kept equal to prefixes of the bucket, by prefix."
}

variable "tags" {
  type        = map(string)
  default     = {}
  description = "The bucket's tags."
}
