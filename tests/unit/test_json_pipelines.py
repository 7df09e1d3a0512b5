"""Pipelines with their own tasks in JSON syntax: every pair and every odd pipeline means there what it means in HCL."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from kfinfra.app.catalogue import provider_types, resource_types
from kfinfra.config.shapes import module_shape
from kfinfra.diag import SourceText
from kfinfra.hcl.nodes import Body, ObjectExpr, TupleExpr
from kfinfra.hcl.parser import parse
from kfinfra.hcl.shape import Shape
from tests.fakes.declared import mistakes_in, pipelines_in

TESTS = Path(__file__).parents[1]
FILES = [*sorted((TESTS / "odd").glob("*.hcl")), *sorted(TESTS.glob("pairs/*/*.hcl"))]


def in_json(body: Body, text: str, shape: Shape) -> str:
    """The body in JSON syntax, its parts in the order of the text."""
    parts: list[tuple[int, str]] = []
    for attribute in body.attributes:
        written = text[attribute.expr.start : attribute.expr.end]
        if attribute.name not in shape.expressions:
            value = json.dumps("${" + written + "}" if attribute.name not in shape.literals else written.strip('"'))
        elif isinstance(attribute.expr, TupleExpr):
            value = json.dumps([text[item.start : item.end] for item in attribute.expr.items])
        else:
            assert not isinstance(attribute.expr, ObjectExpr)
            value = json.dumps(written)
        parts.append((attribute.start, f"{json.dumps(attribute.name)}: {value}"))
    for block in body.blocks:
        inner = in_json(block.body, text, shape.blocks[block.type])
        for label in reversed(block.labels):
            inner = f"{{{json.dumps(label.value)}: {inner}}}"
        parts.append((block.start, f"{json.dumps(block.type)}: {inner}"))
    return "{" + ",\n".join(part for _, part in sorted(parts)) + "}"


@pytest.mark.parametrize("file", FILES, ids=lambda file: "-".join(file.relative_to(TESTS).parts))
def test_a_pipeline_is_the_same_in_json(file: Path, tmp_path: Path) -> None:
    native, written = tmp_path / "native", tmp_path / "json"
    shape = module_shape(resource_types(), provider_types())
    for folder in (native, written):
        shutil.copytree(file.parent, folder, ignore=lambda _, names: [n for n in names if n.endswith(".hcl")])
    shutil.copy(file, native / "main.hcl")
    text = file.read_text()
    (written / "main.hcl.json").write_text(in_json(parse(SourceText(file.name, text)), text, shape))
    assert mistakes_in(native) == [] == mistakes_in(written)
    wanted, found = pipelines_in(native), pipelines_in(written)
    assert {name: d.resource.attributes for name, d in found.items()} == {n: d.resource.attributes for n, d in wanted.items()}
