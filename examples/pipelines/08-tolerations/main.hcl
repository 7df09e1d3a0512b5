# Row 8: tolerations come from the taints of the group; others are written.

node_group "tainted" {
  cluster        = "sandbox"
  instance_types = ["g5.xlarge"]
  ami_type       = "AL2023_x86_64_NVIDIA"
  subnets        = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  node_role      = "arn:aws:iam::123456789012:role/kfinfra-nodes"
  scaling        = { min = 0, max = 2 }
  taints         = [{ key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }]
}

pipeline "tolerations" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component   = component.fit
    node_group  = node_group.tainted
    tolerations = [{ key = "team", operator = "Equal", value = "ml", effect = "NoSchedule" }]
  }
}
