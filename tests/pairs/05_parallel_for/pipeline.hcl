pipeline "p" {
  parameter "names" { type = list(string) }

  component "split" { python = "pipeline.py:split" }
  component "add" { python = "pipeline.py:add" }
  component "say" { python = "pipeline.py:say" }
  component "total" { python = "pipeline.py:total" }
  component "done" { python = "pipeline.py:done" }

  task "split" { component = component.split }

  parallel_for "shard" {
    items       = [{ a = 1, b = 10 }, { a = 2, b = 20 }]
    parallelism = 1
    task "add" {
      component = component.add
      arguments = { a = each.value.a, b = each.value.b }
    }
  }
  parallel_for "texts" {
    items = ["x", "y"]
    task "say-2" {
      component = component.say
      arguments = { text = "item ${each.value}", other = "b" }
    }
  }
  parallel_for "outer" {
    items = param.names
    parallel_for "inner" {
      items = task.split.output
      task "say" {
        component = component.say
        arguments = { text = each.value, other = parallel_for.outer.value }
      }
    }
  }
  task "total" {
    component = component.total
    arguments = { values = collect(task.add.output) }
  }
  task "done" {
    component = component.done
    after     = [parallel_for.shard]
  }
}
