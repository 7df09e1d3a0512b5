pipeline "p" {
  parameter "where" { type = string }
  component "read" { python = "pipeline.py:read" }

  importer "importer" {
    uri      = "${param.where}/data.csv"
    type     = Dataset
    metadata = { source = param.where }
    reimport = true
  }
  task "read" {
    component = component.read
    arguments = { data = importer.importer.output }
  }
}
