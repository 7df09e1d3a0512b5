# A bucket for a team's data, models and pipeline roots: versioned, encrypted, closed to the public, cleaned of what is temporary.

s3_bucket "this" {
  name          = var.name
  versioning    = var.versioning
  encryption    = var.kms_key == null ? { algorithm = "AES256" } : { algorithm = "aws:kms", kms_key = var.kms_key }
  force_destroy = var.force_destroy
  tags          = var.tags

  lifecycle_rules = [for prefix, days in var.expire_after_days : { prefix = prefix, expire_after_days = days }]
}

s3_sync "folder" {
  for_each = var.folders

  bucket  = s3_bucket.this
  prefix  = each.key
  source  = each.value.source
  exclude = each.value.exclude
  delete  = each.value.delete
}
