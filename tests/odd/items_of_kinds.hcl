pipeline "p" {
  component "say" { python = "steps.py:say" }
  parallel_for "f" {
    items = [1.5, -2.25]
    task "one" {
      component = component.say
      arguments = { text = "v ${each.value}" }
    }
  }
  parallel_for "s" {
    items = ["{\"a\": 1}", "true", "1", "ü"]
    task "two" {
      component = component.say
      arguments = { text = each.value }
    }
  }
}
