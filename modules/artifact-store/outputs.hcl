output "bucket" {
  value       = s3_bucket.this
  description = "The bucket, for `bucket` of s3_sync, s3_inputs and s3_outputs."
}

output "pipeline_root" {
  value       = "s3://${s3_bucket.this.name}/pipelines"
  description = "Where runs keep their artifacts, for `pipeline_root` of recurring runs."
}

output "urls" {
  value       = { for prefix, sync in s3_sync.folder : prefix => "s3://${s3_bucket.this.name}/${sync.prefix}" }
  description = "The URL of each folder, by prefix."
}
