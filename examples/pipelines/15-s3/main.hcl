# Row 15: a folder from S3 before the task, and one to S3 after it.

s3_bucket "data" {
  name          = "kfinfra-example-row-15"
  force_destroy = true
}

s3_sync "in" {
  bucket = s3_bucket.data
  prefix = "in"
  source = "${path.module}/data"
}

pipeline "s3" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component  = component.fit
    scratch    = { path = "/data", size = "1Gi" }
    s3_inputs  = [{ bucket = s3_bucket.data, prefix = "in", path = "/data/in" }]
    s3_outputs = [{ bucket = s3_bucket.data, prefix = "out", path = "/data/out" }]
  }
}
