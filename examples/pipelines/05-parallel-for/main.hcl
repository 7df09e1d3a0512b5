# Row 5: a loop over objects, one at a time, and what its tasks made as a list.

pipeline "parallel-for" {
  component "multiply" {
    python              = "${path.module}/components.py:multiply"
    base_image          = "python:3.11"
    install_kfp_package = false
  }
  component "total" {
    python              = "${path.module}/components.py:total"
    base_image          = "python:3.11"
    install_kfp_package = false
  }

  parallel_for "shard" {
    items       = [{ a = 1, b = 10 }, { a = 2, b = 20 }]
    parallelism = 1
    task "multiply" {
      component = component.multiply
      arguments = { a = each.value.a, b = each.value.b }
    }
  }
  task "total" {
    component = component.total
    arguments = { values = collect(task.multiply.output) }
  }

  override "shard/multiply" {
    retry = { count = 1 }
  }
}
