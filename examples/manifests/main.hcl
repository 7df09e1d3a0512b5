# What has no resource type of its own: a kind that comes with its definition, an object of it, and who may read what.

namespace "team" {
  name = "team-a"
}

manifest "definition" {
  manifest = yamldecode(file("${path.module}/poddefaults.yaml"))
}

manifest "access" {
  depends_on = [manifest.definition]
  namespace  = namespace.team
  manifest = {
    apiVersion = "kubeflow.org/v1alpha1"
    kind       = "PodDefault"
    metadata   = { name = "access-artifacts" }
    spec = {
      desc     = "Allow access to the artifacts"
      selector = { matchLabels = { access-artifacts = "true" } }
      env      = [{ name = "AWS_REGION", value = "eu-west-1" }]
    }
  }
}

manifest "reader" {
  namespace = namespace.team
  manifest = {
    apiVersion = "rbac.authorization.k8s.io/v1"
    kind       = "Role"
    rules      = [{ apiGroups = [""], resources = ["configmaps"], verbs = ["get", "list"] }]
  }
}

manifest "readers" {
  namespace = namespace.team
  manifest = {
    apiVersion = "rbac.authorization.k8s.io/v1"
    kind       = "RoleBinding"
    roleRef    = { apiGroup = "rbac.authorization.k8s.io", kind = "Role", name = manifest.reader.name }
    subjects   = [{ kind = "ServiceAccount", name = "default", namespace = namespace.team.name }]
  }
}
