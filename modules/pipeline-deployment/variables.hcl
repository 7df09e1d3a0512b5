variable "name" {
  type        = string
  description = "The pipeline's name, and its schedule's."
}

variable "source_file" {
  type        = string
  description = "The Python file with the @dsl.pipeline, relative to the root configuration."
}

variable "function" {
  type        = string
  default     = null
  description = "The pipeline in the file, where it holds more than one."
}

variable "description" {
  type        = string
  default     = null
  description = "The description of the pipeline's versions."
}

variable "keep_versions" {
  type        = number
  default     = 10
  description = "How many older versions are kept."
}

variable "node_group" {
  type        = any
  default     = null
  description = "The node group of every task, or several in order of preference."
}

variable "retry" {
  type        = any
  default     = { count = 2, backoff = "30s" }
  description = "How failed tasks are tried again."
}

variable "timeout" {
  type        = string
  default     = null
  description = "How long one attempt of a task may take."
}

variable "overrides" {
  type        = any
  default     = {}
  description = "Settings of single tasks, by name, path or pattern, as in `override` blocks."
}

variable "schedule" {
  type = object({
    cron            = optional(string)
    interval        = optional(string)
    enabled         = optional(bool, true)
    service_account = optional(string)
  })
  default     = null
  description = "When it runs: a cron of six fields, or an interval; null makes no schedule."

  validation {
    condition     = var.schedule == null ? true : (var.schedule.cron == null) != (var.schedule.interval == null)
    error_message = "A schedule has either a cron or an interval."
  }
}

variable "parameters" {
  type        = any
  default     = {}
  description = "The values that scheduled runs are given, by parameter."
}

variable "pipeline_root" {
  type        = string
  default     = null
  description = "Where scheduled runs keep their artifacts."
}
