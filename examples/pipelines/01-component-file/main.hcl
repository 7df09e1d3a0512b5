# Row 1: a component that is loaded from its YAML; `url` with a digest loads one from elsewhere.

pipeline "component-file" {
  component "greet" { file = "${path.module}/greet.yaml" }

  task "greet" {
    component = component.greet
    arguments = { name = "world" }
  }
}
