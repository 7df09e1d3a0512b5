output "pipeline" {
  value       = pipeline.this
  description = "The pipeline."
}

output "version" {
  value       = pipeline.this.version
  description = "The name of the content that was deployed last."
}
