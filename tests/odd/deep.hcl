pipeline "p" {
  component "say" { python = "steps.py:say" }
  component "add" { python = "steps.py:add" }
  parameter "ns" { type = list(integer) }
  parameter "go" { type = bool }
  parallel_for "a" {
    items = param.ns
    condition "b" {
      when = param.go
      parallel_for "c" {
        items = ["x", "y"]
        condition "d" {
          when = param.go
          task "say" {
            component = component.say
            arguments = { text = each.value }
          }
          task "add" {
            component = component.add
            arguments = { a = parallel_for.a.value }
          }
        }
      }
    }
  }
}
