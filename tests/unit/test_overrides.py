"""Override files: what they replace, what they merge, and that mistakes in them are told where they stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.config.configuration import BlockKey, Configuration
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.config.overrides import shift
from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl.parser import parse
from tests.fakes.world import PROVIDERS, TYPES

BASE = """
kfinfra {
  required_version = ">= 0.1"
  backend "local" { path = "a" }
}
variable "size" {
  type    = number
  default = 1
}
locals {
  one = "base"
  two = "base"
}
provider "fake" { region = "base" }
machine "m" {
  disk  = "${local.one}-${local.two}"
  label = "base"
  port "a" { number = 1 }
  port "b" { number = 2 }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [label]
  }
}
output "o" { value = var.size }
"""


def loaded(folder: Path, **files: str) -> Configuration:
    (folder / "main.hcl").write_text(BASE)
    for name, text in files.items():
        (folder / f"{name.replace('__', '.')}.hcl").write_text(text)
    return load(FolderSources(folder), TYPES, PROVIDERS, {})


def test_each_kind_of_block_is_merged_by_terraforms_rules(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        override='kfinfra {\n  backend "local" { path = "b" }\n}\nvariable "size" { default = 2 }\nlocals { two = "first" }\n'
        'provider "fake" { region = "over" }\n',
        z_override='machine "m" {\n  label = "over"\n  port "c" { number = 3 }\n  lifecycle { prevent_destroy = false }\n}\n'
        'locals { two = "last" }\noutput "o" { value = var.size + 1 }\n',
    )
    (desired,) = config.instances(BlockKey((), "machine", "m"))
    assert desired.resource.attributes == {
        "name": "m", "disk": "base-last", "label": "over", "id": None, "port": {"c": {"number": 3}},
    }  # fmt: skip
    assert not desired.lifecycle.prevent_destroy and desired.lifecycle.ignore_changes == (("label",),)
    assert config.settings.backend.attributes == {"path": "b"}
    assert config.provider_attributes("fake") == {"region": "over"}
    assert config.outputs() == {"o": (3, False)}


def test_a_module_call_and_its_child_are_overridden(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.hcl").write_text('variable "n" {}\ndisk "d" { size = var.n }')
    (tmp_path / "m" / "override.hcl").write_text('disk "d" { zone = "z" }')
    (tmp_path / "call.hcl").write_text('module "a" {\n  source = "./nowhere"\n  n = 1\n}')
    config = loaded(tmp_path, call_override='module "a" {\n  source = "./m"\n  n = 5\n}')
    (desired,) = config.instances(BlockKey(("a",), "disk", "d"))
    assert (desired.resource.attributes["size"], desired.resource.attributes["zone"]) == (5, "z")


@pytest.mark.parametrize(
    ("text", "summary", "place", "words"),
    [
        ('machine "other" { label = "x" }', "Missing base declaration to override", "override.hcl:1:1", "machine.other"),
        ('machine "n" { label = "x" }', "Missing base declaration to override", "override.hcl:1:1", "no machine.n"),
        ("locals {\n  twoo = 1\n}", "Missing base declaration to override", "override.hcl:2:3", 'Did you mean "two"?'),
        ('variable "v" {}', "Missing base declaration to override", "override.hcl:1:1", 'variable "v"'),
        ('module "v" { source = "./v" }', "Missing base declaration to override", "override.hcl:1:1", 'module "v"'),
        ("moved {\n  from = disk.a\n  to = disk.b\n}", "Cannot override 'moved' blocks", "override.hcl:1:1", "no name"),
        ('machine "m" {\n  depends_on = []\n}', "Unsupported override", "override.hcl:2:3", "depends_on"),
        ('variable "size" { default = "big" }', "Invalid default value for variable", "override.hcl:1:29", "number"),
        ("x = 1", "Unsupported argument", "override.hcl:1:1", "top level"),
        ('check "c" {\n  assert {}\n}', "Cannot override 'check' blocks", "override.hcl:1:1", "overrides nothing"),
        ('output "o" {\n  precondition {}\n}', "Cannot override 'precondition' blocks", "override.hcl:2:3", "own block"),
    ],
)
def test_a_mistake_in_an_override_file_is_told_where_it_stands(
    tmp_path: Path, text: str, summary: str, place: str, words: str
) -> None:
    with pytest.raises(DiagnosticError) as caught:
        loaded(tmp_path, override=text)
    (found,) = caught.value.diagnostics
    assert (found.summary, str(found.span)) == (summary, place)
    assert words in found.detail + found.hint and found.span is not None and found.span.code in text


def test_what_is_wrong_with_an_overridden_argument_is_told_in_the_override(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        loaded(tmp_path, override='# a comment before\nmachine "m" {\n  label = local.thre\n}')
    assert [str(d.span) for d in caught.value.diagnostics] == ["override.hcl:3:11"]
    config = loaded(tmp_path, override='# a comment before\nmachine "m" {\n  label = upper(local.one, 2)\n}')
    with pytest.raises(DiagnosticError) as caught:
        config.instances(BlockKey((), "machine", "m"))
    assert [str(d.span) for d in caught.value.diagnostics] == ["override.hcl:3:28"]


def test_shifting_moves_every_offset_and_nothing_else() -> None:
    text = 'a = [for k, v in x["k"] : "${k}-%{if v}y%{endif}" if f(v...)]\nb "l" {\n  c = { d = -1, (e) = y.*.z[0] }\n}\n'
    body = parse(SourceText("x", text))
    assert shift(body, 0) == body
    assert shift(shift(body, 7), -7) == body
    assert parse(SourceText("x", " " * 9 + "\n" + text)).blocks == shift(body, 10).blocks
