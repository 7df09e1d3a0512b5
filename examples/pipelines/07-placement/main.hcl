# Row 7: on a node group, or several in order of preference; raw affinity where no group is declared here.

node_group "steady" {
  cluster        = "sandbox"
  instance_types = ["m5.xlarge"]
  subnets        = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  node_role      = "arn:aws:iam::123456789012:role/kfinfra-nodes"
  scaling        = { min = 0, max = 2 }
}

node_group "spot" {
  cluster        = "sandbox"
  instance_types = ["m5.2xlarge"]
  subnets        = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  node_role      = "arn:aws:iam::123456789012:role/kfinfra-nodes"
  scaling        = { min = 0, max = 2 }
  capacity_type  = "SPOT"
}

pipeline "placement" {
  component "fit" {
    python              = "${path.module}/components.py:fit"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  task "fit" {
    component  = component.fit
    node_group = [node_group.spot, node_group.steady]
    affinity = [{
      match_expressions = [{ key = "topology.kubernetes.io/zone", operator = "In", values = ["eu-west-1a"] }]
      weight            = 10
    }]
  }
}
