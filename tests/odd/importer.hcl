pipeline "p" {
  component "read" { python = "steps.py:read" }
  parameter "uri" { type = string }
  importer "data" {
    uri      = param.uri
    type     = Dataset
    metadata = { k = "v" }
    reimport = true
  }
  task "read" {
    component = component.read
    arguments = { data = importer.data.output }
  }
}
