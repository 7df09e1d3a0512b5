"""Configurations of any size, as kfinfra and as Terraform write them: the same text but for what heads a resource.

Written as people write them: variables with types and rules, locals that build on each other, functions, `for`, templates,
heredocs, conditionals, `for_each`, a module, outputs, plain settings, comments; 27 characters a line. Every team stands on
its own and on what all share.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

Resource = Callable[[str, str, str], str]
"""A resource's name, its meta-arguments and its data (HCL's own text) to the block that declares it."""


def kfinfra_resource(name: str, meta: str, data: str) -> str:
    """A config map."""
    return f'config_map "{name}" {{\n  namespace = "default"\n{meta}  data      = {data}\n}}\n'


def terraform_resource(name: str, meta: str, data: str) -> str:
    """The resource that Terraform has of its own."""
    return f'resource "terraform_data" "{name}" {{\n  triggers_replace = "ml"\n{meta}  input            = {data}\n}}\n'


DIALECTS: Mapping[str, tuple[Resource, str, str]] = {
    "kfinfra": (kfinfra_resource, ".hcl", "config_map"),
    "terraform": (terraform_resource, ".tf", "terraform_data"),
}

SHARED = """\
# What all teams share.
variable "region" {
  type    = string
  default = "eu-west-1"
}

variable "stages" {
  type    = list(string)
  default = ["dev", "test", "prod"]
}

locals {
  common = {
    region     = var.region
    managed_by = "platform"
  }
  stages = { for index, stage in var.stages : stage => { index = index, replicas = index * 2 + 1 } }
}
"""

MODULE = """\
variable "name" {
  type = string
}

variable "labels" {
  type    = map(string)
  default = {}
}

locals {
  full_name = join("-", [var.name, "service"])
}

RESOURCE
output "name" {
  value = local.full_name
}

output "labels" {
  value = { for k, v in var.labels : lower(k) => v }
}
"""

TEAM = """\
# --- team @ -------------------------------------------------------------------

variable "@" {
  description = "What the team asks for."
  type = object({
    name     = string
    size     = optional(number, 4)
    replicas = optional(map(number), {})
    tags     = optional(list(string), [])
  })
  default = {
    name = "Team NUMBER"
    tags = ["batch", "gpu-NUMBER"]
  }

  validation {
    condition     = var.@.size > 0 && length(var.@.name) < 40
    error_message = "A team has a size, and a name of at most 40 characters."
  }
}

locals {
  @_name     = lower(replace(var.@.name, " ", "-"))
  @_ports    = [for p in range(3) : 8000 + p + NUMBER]
  @_labels   = merge(local.common, { team = local.@_name, size = tostring(var.@.size) })
  @_settings = { for k, v in local.@_labels : upper(k) => "${k}=${v}" if v != "" }
  @_class    = var.@.size > 8 ? "large" : "small" # what the scheduler reads
  @_tags     = distinct(concat(var.@.tags, ["team-${local.@_name}"]))
  @_script   = <<-EOT
    #!/bin/sh
    export TEAM="${local.@_name}"
    %{~ for port in local.@_ports ~}
    serve --port=${port}
    %{~ endfor ~}
    exit 0
  EOT
}

RESOURCE_1
RESOURCE_2
RESOURCE_3
RESOURCE_4
output "@" {
  description = "Where the team's settings lie."
  value = {
    name     = local.@_name
    settings = length(local.@_settings)
    service  = module.@.name
    first    = local.@_ports[0]
    all      = [for stage, each_ in local.stages : "${stage}-${each_.replicas}"]
  }
}

module "@" {
  source = "./service"
  name   = local.@_name
  labels = { Team = local.@_name, Class = local.@_class }
}
"""

SETTINGS = """\
{
    NAME   = local.@_name
    CLASS  = local.@_class
    LABELS = jsonencode(local.@_labels)
    PORTS  = join(",", local.@_ports)
    MOTTO  = "${title(local.@_name)} runs in ${var.region}: ${length(local.@_tags)} tags"
  }"""
STAGED = """\
{
    STAGE    = each.key
    REPLICAS = format("%03d", each.value.replicas)
    FROM     = TYPE.@_settings.ATTRIBUTE["CLASS"]
    ENDPOINT = "https://${each.key}.@.example.com:${local.@_ports[0]}/v1"
  }"""
SCRIPT = """\
{
    "run.sh" = local.@_script
    "limits" = var.@.size >= 4 && local.@_class != "large" ? "default" : "wide"
    "tags"   = join("\\n", [for tag in local.@_tags : "- ${tag}" if !startswith(tag, "_")])
  }"""


PLAIN = """\
{
    LOG_LEVEL  = "info"
    LOG_FORMAT = "json"
    TIMEOUT    = "30s"
    RETRIES    = "3"
    BATCH      = "64"
    EPOCHS     = "12"
    SEED       = "NUMBER"
    OPTIMIZER  = "adam"
    WARMUP     = "500"
    DROPOUT    = "0.1"
    HIDDEN     = "768"
    HEADS      = "12"
    LAYERS     = "6"
    PRECISION  = "bf16"
    BUCKET     = "acme-ml"
    PREFIX     = "runs"
    REGION     = var.region
    ENDPOINTS = jsonencode([
      {
        host = "a.example.com"
        port = 8080
        tls  = true
        paths = [
          "/v1",
          "/v2",
          "/healthz",
        ]
      },
      {
        host = "b.example.com"
        port = 8081
        tls  = false
        paths = [
          "/v1",
          "/metrics",
        ]
      },
    ])
  }"""


def team(number: int, dialect: str) -> str:
    """All that one team declares."""
    name = f"team_{number}"
    resource, _, kind = DIALECTS[dialect]
    named = f'  name      = "team-{number}-{{}}"\n' if dialect == "kfinfra" else ""
    parts = {
        "RESOURCE_1": resource("@_settings", named.format("settings"), SETTINGS),
        "RESOURCE_2": resource("@_stage", "  for_each  = local.stages\n" + named.format("${each.key}"), STAGED),
        "RESOURCE_3": resource("@_script", named.format("script"), SCRIPT),
        "RESOURCE_4": resource("@_plain", named.format("plain"), PLAIN),
        "TYPE": kind,
        "ATTRIBUTE": "data" if dialect == "kfinfra" else "input",
    }
    text = TEAM
    for mark, part in parts.items():
        text = text.replace(mark, part)
    return text.replace("@_", f"{name}_").replace("@", name).replace("NUMBER", str(number))


def write_configuration(folder: Path, lines: int, dialect: str, teams_a_file: int = 10) -> int:
    """A root module of about `lines` lines and the module that it calls, in files of some 1,300 lines; how many there are."""
    resource, suffix, _ = DIALECTS[dialect]
    folder.mkdir(parents=True, exist_ok=True)
    service = folder / "service"
    service.mkdir(exist_ok=True)
    meta = "  name      = local.full_name\n" if dialect == "kfinfra" else ""
    inner = resource("service", meta, '{ NAME = local.full_name, LABELS = join(",", values(var.labels)) }')
    (service / f"main{suffix}").write_text(MODULE.replace("RESOURCE", inner))
    (folder / f"shared{suffix}").write_text(SHARED)
    count, number, file = SHARED.count("\n"), 0, 0
    while count < lines:
        teams: list[str] = []
        while count < lines and len(teams) < teams_a_file:
            teams.append(team(number, dialect))
            count, number = count + teams[-1].count("\n") + 1, number + 1
        (folder / f"teams_{file:03d}{suffix}").write_text("\n".join(teams))
        file += 1
    return count


def write_instances(folder: Path, count: int, dialect: str) -> None:
    """One resource with `for_each` over `count` keys."""
    resource, suffix, _ = DIALECTS[dialect]
    folder.mkdir(parents=True, exist_ok=True)
    data = '{ KEY = each.key, SIZE = tostring(each.value.size), NAME = "${each.key}-${local.zone}" }'
    locals_ = f'locals {{\n  zone  = "a"\n  items = {{ for i in range({count}) : "item-${{i}}" => {{ size = i % 7 }} }}\n}}\n\n'
    if count > 1024:  # range() gives at most that many, in both
        outer = f"for i in range({(count + 999) // 1000}) : [for j in range(1000) : i * 1000 + j]"
        locals_ = locals_.replace(f"range({count})", f"slice(flatten([{outer}]), 0, {count})")
    (folder / f"main{suffix}").write_text(locals_ + resource("item", "  for_each = local.items\n", data))


def write_resources(folder: Path, count: int, dialect: str, meta: str = "") -> None:
    """`count` resource blocks, each written out."""
    resource, suffix, _ = DIALECTS[dialect]
    folder.mkdir(parents=True, exist_ok=True)
    blocks = (resource(f"r{n}", meta, f'{{ NUMBER = "{n}", NAME = "resource-{n}" }}') for n in range(count))
    (folder / f"main{suffix}").write_text("\n".join(blocks))
