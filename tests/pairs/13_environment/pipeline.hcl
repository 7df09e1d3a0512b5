namespace "ml" {}

config_map "training" {
  namespace = namespace.ml
  data      = { REGION = "eu-west-1" }
}

pipeline "p" {
  component "fit" { python = "pipeline.py:fit" }
  task "fit" {
    component  = component.fit
    env        = { LEVEL = "info" }
    env_from   = [{ config_map = config_map.training, keys = { REGION = "AWS_REGION" } }]
    secret_env = [{ secret = "db", key = "password", name = "DB_PASSWORD" }]
  }
}
