pipeline "p" {
  component "train" { file = "train.yaml" }
  task "train" {
    component = component.train
    arguments = { rows = 3 }
  }
}
