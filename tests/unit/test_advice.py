"""What validate warns of: names that nothing uses, names that hide others, needless templates; once each, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.config.advice import advice
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from tests.fakes.world import PROVIDERS, TYPES


def warned(folder: Path, text: str, **children: str) -> list[tuple[str, str]]:
    (folder / "main.hcl").write_text(text)
    for name, inside in children.items():
        (folder / name).mkdir()
        (folder / name / "main.hcl").write_text(inside)
    config = load(FolderSources(folder), TYPES, PROVIDERS, {}, require_variables=False)
    return [(d.summary, str(d.span)) for d in advice(config.tree, config.depends.named)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('variable "v" {}', [("Unused variable", "main.hcl:1:1")]),
        ('variable "v" {}\noutput "o" { value = [for x in [1] : "${x}-${var.v}"] }', []),
        (
            'variable "v" {\n  validation {\n    condition = var.v\n    error_message = "x"\n  }\n}',
            [("Unused variable", "main.hcl:1:1")],
        ),
        (
            'variable "v" {}\nvariable "w" {\n  validation {\n    condition = var.v != var.w\n    error_message = "x"\n  }\n}\n'
            'output "o" { value = var.w }',
            [],
        ),
        ("locals {\n  a = 1\n  b = local.a\n}", [("Unused local value", "main.hcl:3:3")]),
        ('variable "v" {}\nprovider "fake" { region = var.v }', []),
        ('variable "v" {}\nkfinfra {\n  backend "local" {\n    path = var.v\n  }\n}', []),
        ('variable "v" { default = [] }\nimport {\n  for_each = toset(var.v)\n  to = disk.d[each.key]\n  id = each.key\n}\n'
         'disk "d" {\n  for_each = toset([])\n  size = 1\n}', []),
        ('variable "v" { default = 1 }\ndisk "d" {\n  size = 1\n  lifecycle { ignore_changes = [tags] }\n  count = var.v\n}', []),
        ('output "o" { value = "${path.module}" }', [("Interpolation-only expression is deprecated", "main.hcl:1:22")]),
        ('output "o" { value = "${path.module}/x" }', []),
        ('output "o" { value = [for x in [1] : [for x in [2] : x]] }', [("Shadowed name", "main.hcl:1:38")]),
        ('output "o" { value = [for x in [1] : [for y in [2] : x + y]] }', []),
        ('output "o" { value = [for x in [for x in [1] : x] : x] }', []),
        ('output "o" { value = { for path, v in {} : path => v } }', [("Shadowed name", "main.hcl:1:22")]),
        ('output "o" { value = [for disk in [1] : disk] }', []),
        ('disk "d" { size = 1 }\noutput "o" { value = [for disk in [1] : disk] }', [("Shadowed name", "main.hcl:2:22")]),
    ],
)  # fmt: skip
def test_warnings(tmp_path: Path, text: str, found: list[tuple[str, str]]) -> None:
    assert warned(tmp_path, text) == found


def test_a_module_that_is_called_twice_is_warned_of_once(tmp_path: Path) -> None:
    child = 'variable "used" {}\nvariable "not" { default = 1 }\ndisk "d" { size = var.used }'
    text = 'module "a" {\n  source = "./m"\n  used = 1\n}\nmodule "b" {\n  source = "./m"\n  used = 2\n}\n'
    assert warned(tmp_path, text, m=child) == [("Unused variable", "m/main.hcl:2:1")]


def test_json_syntax_has_no_other_way_to_write_an_expression(tmp_path: Path) -> None:
    (tmp_path / "more.hcl.json").write_text('{"output": {"o": {"value": "${path.module}"}}}')
    assert warned(tmp_path, "") == []
