# A bucket with a lifecycle, and a folder kept equal to a prefix in it.

variable "bucket" {
  type    = string
  default = "acme-ml-experiments"
}

s3_bucket "artifacts" {
  name            = var.bucket
  versioning      = true
  force_destroy   = true # an example may be taken away with all it holds
  lifecycle_rules = [{ prefix = "tmp/", expire_after_days = 7 }]
  tags            = { team = "ml" }
}

s3_sync "dataset" {
  bucket  = s3_bucket.artifacts
  prefix  = "datasets/v1"
  source  = "data"
  exclude = ["**/.ipynb_checkpoints/**"]
  delete  = true
}

output "dataset" {
  value = "s3://${s3_bucket.artifacts.name}/${s3_sync.dataset.prefix}"
}
