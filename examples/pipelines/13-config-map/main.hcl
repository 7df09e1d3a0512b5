# Row 13: keys of a config map as environment variables.

config_map "training" {
  namespace = "kubeflow"
  data      = { REGION = "eu-west-1" }
}

pipeline "config-map" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component = component.fit
    env_from  = [{ config_map = config_map.training, keys = { REGION = "AWS_REGION" } }]
  }
}
