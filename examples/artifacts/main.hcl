# A bucket with a lifecycle, and a folder kept equal to a prefix in it.

s3_bucket "artifacts" {
  name            = "acme-ml-experiments"
  versioning      = true
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
