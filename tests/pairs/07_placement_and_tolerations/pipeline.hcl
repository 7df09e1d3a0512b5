node_group "gpu" {
  cluster        = "c"
  instance_types = ["p2.xlarge"]
  subnets        = ["subnet-0a1b2c3d4e5f60001"]
  node_role      = "arn:aws:iam::123456789012:role/nodes"
  scaling        = { min = 0, max = 2 }
  taints         = [{ key = "nvidia.com/gpu", value = "present", effect = "NoSchedule" }]
}

pipeline "p" {
  component "fit" { python = "pipeline.py:fit" }
  component "report" { python = "pipeline.py:report" }

  task "fit" {
    component  = component.fit
    node_group = node_group.gpu
  }
  task "report" {
    component     = component.report
    affinity      = [{ match_expressions = [{ key = "zone", operator = "In", values = ["a", "b"] }], weight = 5 }]
    tolerations   = [{ key = "spot", operator = "Exists", effect = "NoSchedule" }]
    node_selector = { disk = "ssd" }
  }
}
