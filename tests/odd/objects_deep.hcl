pipeline "p" {
  component "add" { python = "steps.py:add" }
  parameter "items" { type = list(map(integer)) }
  parameter "go" { type = bool }
  parallel_for "outer" {
    items = [1, 2]
    condition "c" {
      when = param.go
      parallel_for "inner" {
        items = param.items
        task "add" {
          component = component.add
          arguments = { a = each.value.a, b = parallel_for.outer.value }
        }
      }
    }
  }
}
