"""What has no instance, or none that is known, is checked all the same; and a missing value is no mistake of the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.catalogue import provider_types, resource_types
from kfinfra.app.validation import validated
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.diag import Diagnostic, DiagnosticError
from tests.fakes.bench import Bench

MODULE = """
variable "x" { type = number }
namespace "z" { labels = upper([]) }
output "q" { value = upper([1]) }
"""


def checked(folder: Path, text: str, module: str = "") -> list[Diagnostic]:
    """What validate says, without values for variables."""
    (folder / "m").mkdir(exist_ok=True)
    (folder / "m" / "m.hcl").write_text(module or "locals {}")
    (folder / "main.hcl").write_text(text)
    config = load(FolderSources(folder), resource_types(), provider_types(), {}, require_variables=False)
    return [d for d in validated(config) if d.severity.value == "error"]


def told(found: list[Diagnostic]) -> list[tuple[str, str]]:
    return [(str(d.span), d.summary) for d in sorted(found, key=Diagnostic.order)]


@pytest.mark.parametrize(
    "how", ["count = 0", "count = var.n", "for_each = {}", "for_each = toset(var.s)", "count = s3_bucket.b.arn == null ? 1 : 0"]
)
def test_a_block_is_checked_whatever_its_instances_are(tmp_path: Path, how: str) -> None:
    text = 'variable "n" {}\nvariable "s" { type = set(string) }\ns3_bucket "b" { name = "bucket" }\n'
    text += f'config_map "c" {{\n  {how}\n  nme = 1\n  data = 5\n  blok {{}}\n  namespace = upper([])\n}}\n'
    text += 'config_map "d" {\n  namespace = "x"\n  data = { A = config_map.c[0].name }\n  colour = 1\n}\n'
    text += 'output "o" { value = config_map.c }' if "each" not in how else ""
    found = [(where, summary) for where, summary in told(checked(tmp_path, text)) if "index" not in summary]
    unsupported = "Unsupported argument"
    assert found[:4] == [
        ("main.hcl:6:3", unsupported),
        ("main.hcl:7:10", "Incorrect attribute value type"),
        ("main.hcl:8:3", "Unsupported block type"),
        ("main.hcl:9:21", "Invalid function argument"),
    ]
    assert ("main.hcl:14:3", unsupported) in found


def test_a_module_without_instances_is_checked_with_its_arguments(tmp_path: Path) -> None:
    text = 'module "m" {\n  source = "./m"\n  count = 0\n  x = "many"\n}\n'
    assert told(checked(tmp_path, text, MODULE)) == [
        ("m/m.hcl:3:32", "Invalid function argument"),
        ("m/m.hcl:4:28", "Invalid function argument"),
        ("main.hcl:4:7", "Invalid value for variable"),
    ]


def test_what_a_known_value_would_mend_is_no_mistake(tmp_path: Path) -> None:
    text = """
variable "n" { type = number }
variable "s" { type = set(string) }
variable "t" { type = map(number) }
variable "text" { type = string }
variable "off" {
  type    = object({ size = number })
  default = null
}
config_map "a" {
  count     = var.n
  namespace = "x"
  data      = { A = "b" }
}
config_map "b" {
  for_each  = toset([for c in config_map.a : c.name])
  namespace = "x"
  data      = { A = config_map.a[0].name, K = each.key }
}
config_map "off" {
  count     = var.off == null ? 0 : 1
  namespace = "x"
  data      = { A = var.off.size }
}
module "m" {
  source   = "./m"
  for_each = var.s
  x        = each.key
}
pipeline "p" {
  namespace = "x"
  component "c" {
    image   = var.text
    command = ["echo", var.text]
  }
  component "py" {
    python   = var.text
    packages = [var.text]
  }
  parallel_for "l" {
    items       = [1]
    parallelism = var.n
    task "t" { component = component.c }
  }
  dynamic "override" {
    for_each = var.t
    labels   = [override.key]
    content { retry = { count = override.value } }
  }
}
output "a" { value = config_map.a[*].name }
output "m" { value = module.m["x"].o }
output "of" { value = { for k, m in module.m : k => m.o } }
"""
    module = 'variable "x" { type = string }\noutput "o" { value = var.x }\nnamespace "n" { count = length(var.x) }'
    assert checked(tmp_path, text, module) == []


def test_a_plan_tells_of_blocks_without_instances_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with pytest.raises(DiagnosticError) as caught:
        bench.plan('disk "a" {\n  count = 0\n  sise = 1\n}\ndisk "b" {\n  size = 1\n}\n')
    assert [(str(d.span), d.summary) for d in caught.value.diagnostics] == [("main.hcl:3:3", "Unsupported argument")]
    plan = bench.plan('locals {\n  n = []\n}\ndisk "a" {\n  count = length(local.n)\n  size = local.n[count.index]\n}\n')
    assert not plan.changes


def test_what_instances_have_told_is_not_told_again(tmp_path: Path) -> None:
    found = checked(tmp_path, 'namespace "n" {\n  count = 2\n  nme = 1\n}')
    assert [d.address for d in found] == ["namespace.n[0]", "namespace.n[1]"]
    with pytest.raises(DiagnosticError) as caught:
        Bench(tmp_path).plan('disk "n" {\n  count = 2\n  size = 1\n  nme = 1\n}')
    assert [d.address for d in caught.value.diagnostics] == ["disk.n[0]", "disk.n[1]"]


def test_unknown_elements_of_a_set_are_called_so(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    with pytest.raises(DiagnosticError, match="Elements of this set are known only after apply"):
        bench.plan('disk "a" { size = 1 }\ndisk "b" {\n  for_each = toset(["x", disk.a.id])\n  size = 1\n}\n')
