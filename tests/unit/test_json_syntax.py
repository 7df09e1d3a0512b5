"""JSON syntax: the same bodies as native syntax gives, exact places, and Terraform's verdict on what is wrong (1.11.4)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import ClassVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.app.validation import as_planned
from kfinfra.config.configuration import BlockKey, Configuration
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.config.shapes import VALUES, module_shape
from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl import nodes as n
from kfinfra.hcl.functions import Clock, standard_functions
from kfinfra.hcl.json_text import read_json
from kfinfra.hcl.parser import parse_json
from kfinfra.hcl.shape import Shape
from kfinfra.model.address import Address
from kfinfra.model.resource import Resource
from tests.fakes.world import PROVIDERS, TYPES

SHAPE = module_shape(TYPES, PROVIDERS)

NATIVE = """\
variable "size" {
  type        = list(number)
  default     = [3]
  description = "not a $${template}"
  validation {
    condition     = length(var.size) > 0
    error_message = "none"
  }
}
locals {
  name = "é-${upper("q")}\\n"
  all  = { "k${1}" = "v", "//" = "kept", "n" = [1.50, -2, null, true] }
}
disk "data" {
  count = 2
  name  = "${local.name}${count.index}"
  size  = var.size[0]
  tags  = { who = "%{ if true }me%{ endif }" }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [tags]
  }
}
machine "m" {
  disk       = disk.data[0]
  depends_on = [disk.data]
  port "http" { number = 80 }
  port "https" { number = 443 }
}
output "all" {
  value = local.all
}
"""
JSON = r"""
[{"//": "the same in JSON",
  "variable": {"size": {
    "type": "list(number)", "default": [3], "description": "not a ${template}",
    "validation": [{"condition": "${length(var.size) > 0}", "error_message": "none"}]}}},
 {"locals": [
    {"name": "\u00e9-${upper(\"q\")}\n"},
    {"all": {"k${1}": "v", "//": "kept", "n": [1.50, -2, null, true]}}],
  "disk": {"data": {"count": "${2}", "name": "${local.name}${count.index}", "size": "${var.size[0]}",
    "tags": {"who": "%{ if true }me%{ endif }"}, "//": ["ignored"],
    "lifecycle": {"prevent_destroy": true, "ignore_changes": ["tags"]}}},
  "machine": [{"m": {"disk": "${disk.data[0]}", "depends_on": ["disk.data"],
    "port": [{"http": {"number": 80}}, {"https": [{"number": 443}], "none": null}]}}],
  "output": {"all": {"value": "${local.all}"}}}]
"""


def loaded(folder: Path, **files: str) -> Configuration:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return load(FolderSources(folder), TYPES, PROVIDERS, {})


def test_the_same_configuration_in_both_syntaxes_wants_the_same(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    native, written = loaded(tmp_path / "a", main__hcl=NATIVE), loaded(tmp_path / "b", main__hcl__json=JSON)
    assert native.order == written.order
    for block in native.order:
        for ours, theirs in zip(native.instances(block), written.instances(block), strict=True):
            assert (ours.resource, ours.lifecycle) == (theirs.resource, theirs.lifecycle)
            assert ours.depends_on == theirs.depends_on
            for config, desired in ((native, ours), (written, theirs)):
                planned = as_planned(desired, TYPES[block.type])
                config.settle(Resource(planned.address, planned.attributes, planned.sensitive))
    assert native.outputs() == written.outputs()


def test_a_shape_is_written_the_same_in_every_process() -> None:
    script = "from kfinfra.config.shapes import module_shape as m; from kfinfra.app.catalogue import *; "
    script += "print(m(resource_types(), provider_types()))"
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        for seed in ("1", "2", "3")
    ]
    assert len({run.stdout for run in runs}) == 1


def test_strings_that_are_expressions_may_be_templates_of_one() -> None:
    shape = Shape(blocks={"b": Shape(expressions=frozenset({"x"}))})
    for text in ("a.c", "${a.c}"):
        (block,) = parse_json(SourceText("x.json", json.dumps({"b": {"x": text}})), shape).blocks
        (attribute,) = block.body.attributes
        assert isinstance(attribute.expr, n.Traversal) and attribute.expr.root == "a"


def test_both_syntaxes_stand_side_by_side_and_values_come_from_json_too(tmp_path: Path) -> None:
    (tmp_path / "kfinfra.kfvars").write_text('size = 1\nname = "a"\n')
    (tmp_path / "kfinfra.kfvars.json").write_text('{"size": 2, "//": "comment"}')
    (tmp_path / "z.auto.kfvars.json").write_text('{"name": "${literal}"}')
    config = loaded(
        tmp_path,
        main__hcl='variable "size" {}\nvariable "name" {}\ndisk "d" {\n  size = var.size\n  name = var.name\n}\n',
        more__hcl__json='{"output": {"size": {"value": "${var.size}"}}}',
    )
    (desired,) = config.instances(BlockKey((), "disk", "d"))
    assert (desired.resource.attributes["size"], desired.resource.attributes["name"]) == (2, "${literal}")
    assert desired.address == Address("disk", "d") and config.outputs() == {"size": (2, False)}


MISTAKES = [
    ('{"locals": {"a": 1,}}', "Trailing comma in object", "1:19"),
    ('{"locals": {"a": 1 "b": 2}}', "Missing comma", "1:20"),
    ('{"locals": {"a" 1}}', "Missing property value colon", "1:17"),
    ('{"locals": {a: 1}}', "Invalid object property name", "1:13"),
    ('{"locals": {"a": tru}}', "Invalid JSON keyword", "1:18"),
    ('{"locals": {"a": NaN}}', "Invalid JSON keyword", "1:18"),
    ('{"locals": {"a": 01}}', "Invalid JSON number", "1:18"),
    ('{"locals": {"a": +1}}', "Invalid JSON number", "1:18"),
    ('{"locals": {"a": .5}}', "Invalid JSON number", "1:18"),
    ('{"locals": {"a": "x', "Invalid JSON string", "1:20"),
    ('{"locals": {"a": "\\x"}}', "Invalid JSON string", "1:19"),
    ('{"locals": {"a": "\n"}}', "Invalid JSON string", "1:19"),
    ('{"locals": {"a": \'x\'}}', "Invalid start of value", "1:18"),
    ('{"locals": {"a": [1,]}}', "Trailing comma in array", "1:20"),
    ('{"locals": {"a": [1 2]}}', "Missing comma", "1:21"),
    ('{"locals": {"a": [1}}', "Mismatched brackets", "1:20"),
    ('{"locals": {"a": 1}', "Unclosed object", "1:1"),
    ('{"locals": {"a":', "Missing value", "1:17"),
    ("", "Missing value", "1:1"),
    ("{} {}", "Extraneous data after value", "1:4"),
    ("// c\n{}", "Invalid start of value", "1:1"),
    ("[" * 300, "Too deeply nested", "1:202"),
    ('"x"', "Incorrect JSON value type", "1:1"),
    ('{"locals": 1}', "Incorrect JSON value type", "1:12"),
    ('{"locals": [1]}', "Incorrect JSON value type", "1:13"),
    ('{"variable": {"a": 1}}', "Incorrect JSON value type", "1:20"),
    ('{"variable": 1}', "Missing block label", "1:14"),
    ('{"locals": {"a": 1, "a": 2}}', "Attribute redefined", "1:21"),
    ('{"locals": {"a": {"b": 1, "b": 2}}}', "Duplicate object attribute", "1:27"),
    ('{"locals": {"a": "${"}}', "Missing expression", "1:21"),
    ('{"locals": {"a": "x${1 2}y"}}', "Extra characters after interpolation expression", "1:24"),
    ('{"locals": {"a": "\\u00e9\\n${1 2}y"}}', "Extra characters after interpolation expression", "1:31"),
    ('{"locals": {"a": "%{ if true }"}}', "Unexpected end of template", "1:19"),
    ('{"output": {"o": {"depends_on": ["foo bar"]}}}', "Extra characters after expression", "1:39"),
]


@pytest.mark.parametrize(("text", "summary", "place"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(text: str, summary: str, place: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        parse_json(SourceText("x.hcl.json", text), SHAPE)
    problem = caught.value.diagnostics[0]
    assert problem.span is not None and problem.detail.endswith(".")
    assert (problem.summary, f"{problem.span.start.line}:{problem.span.start.column}") == (summary, place)


def test_mistakes_in_several_strings_come_together() -> None:
    text = '{"locals": {"a": "${1 2}", "b": ["${"], "c": 1, "c": 2}}'
    with pytest.raises(DiagnosticError) as caught:
        parse_json(SourceText("x.hcl.json", text), SHAPE)
    assert [d.summary.split()[0] for d in caught.value.diagnostics] == ["Extra", "Missing", "Attribute"]


@pytest.mark.parametrize(
    ("text", "summary", "column"),
    [
        ('{"disk": {"d": {"sise": 1, "size": 1}}}', "Unsupported argument", 17),
        ('{"disk": {"d": {"size": "big"}}}', "Incorrect attribute value type", 25),
        ('{"disk": {"d": {"size": "\\u0031${var.no}"}}}', "Reference to undeclared input variable", 34),
        ('{"resource": {"disk": {"d": {}}}}', "Unsupported block type", 24),
        ('{"dsik": {"d": {}}}', "Unsupported block type", 2),
        ('{"disk": {"d": {"size": 1}, "e": {"size": 1}}, "x": 1}', "Unsupported block type", 48),
    ],
)
def test_mistakes_in_what_is_wanted_have_their_place_too(tmp_path: Path, text: str, summary: str, column: int) -> None:
    with pytest.raises(DiagnosticError) as caught:
        config = loaded(tmp_path, main__hcl__json=text)
        for block in config.order:
            config.instances(block)
    told = [(d.summary, d.span and d.span.start.column) for d in caught.value.diagnostics]
    assert (summary, column) in told


@given(st.text(st.sampled_from('a"\\é\n\U0001f600\ud83d/ ')), st.booleans())
def test_a_name_in_a_string_stands_where_it_is_written(before: str, ascii_only: bool) -> None:
    text = json.dumps({"a": f"{before}${{name.here}}"}, ensure_ascii=ascii_only)
    text = text.encode(errors="replace").decode()
    (attribute,) = parse_json(SourceText("x.json", text), SHAPE.blocks["locals"]).attributes
    parts = attribute.expr.parts if isinstance(attribute.expr, n.Template) else (attribute.expr.inner,)  # type: ignore[union-attr]
    assert text[parts[-1].start : parts[-1].end] == "name.here"
    assert text[attribute.expr.start] == '"' and attribute.expr.end == len(text) - 1


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda v: st.lists(v) | st.dictionaries(st.text(), v)))
def test_values_are_those_of_pythons_decoder(value: object) -> None:
    from kfinfra.hcl.evaluate import evaluate
    from kfinfra.values.codec import to_data

    class Nothing:
        functions = standard_functions(FolderSources(Path(".")), Clock())
        known: ClassVar[dict[str, dict[str, object]]] = {}

    text = json.dumps({"v": value})
    source = SourceText("x.json", text)
    read_json(text)
    (attribute,) = parse_json(source, VALUES).attributes
    told, _ = to_data(evaluate(attribute.expr, Nothing(), source), None)  # type: ignore[arg-type]
    import unicodedata

    normal = json.loads(unicodedata.normalize("NFC", json.dumps(value, ensure_ascii=False)))
    assert told == normal
