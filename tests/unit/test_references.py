"""The reference pages are what the program says, and everything that can be written is described there."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType

import click
import pytest

from kfinfra.app.catalogue import provider_types, resource_types
from kfinfra.cli.main import COMMANDS, cli
from kfinfra.cli.options import WithVariables
from kfinfra.model.schema import Attribute, BlockType

ROOT = Path(__file__).parents[2]


def tool(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / "tools" / f"{name}.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_pages_of_resources_are_current() -> None:
    pages = tool("resource_reference").pages()
    for path, text in pages.items():
        assert (ROOT / "docs" / path).read_text() == text, "run: python tools/resource_reference.py"
    assert {p.name for p in (ROOT / "docs" / "resources").iterdir()} == {Path(p).name for p in pages if "/" in p}


def test_the_page_of_commands_is_current() -> None:
    text = tool("command_reference").page()
    assert (ROOT / "docs" / "commands.md").read_text() == text, "run: python tools/command_reference.py"
    assert all(f"## {name}\n" in text for name in COMMANDS)


def undescribed(where: str, attributes: Mapping[str, Attribute], blocks: Mapping[str, BlockType]) -> Iterator[str]:
    for name, attribute in attributes.items():
        if not attribute.doc:
            yield f"{where}.{name}"
        yield from undescribed(f"{where}.{name}", attribute.fields or {}, {})
    for name, block in blocks.items():
        if not block.doc:
            yield f"{where}/{name}"
        yield from undescribed(f"{where}/{name}", block.attributes, block.blocks)


@pytest.mark.parametrize("name", [*resource_types(), *provider_types()])
def test_everything_that_can_be_written_is_described(name: str) -> None:
    kind = resource_types().get(name)
    if kind is not None:
        assert kind.doc
        assert list(undescribed(name, kind.attributes, kind.blocks)) == []
    else:
        provider = provider_types()[name]
        assert provider.doc
        assert list(undescribed(name, provider.attributes, {})) == []


def test_every_option_is_described() -> None:
    rows = [line for line in (ROOT / "docs" / "commands.md").read_text().split("\n") if line.startswith("| `-")]
    assert [row for row in rows if row.endswith("| |")] == []


def commands(group: click.Group, within: click.Context) -> Iterator[click.Command]:
    for name in group.list_commands(within):
        command = group.get_command(within, name)
        assert command is not None
        yield from commands(command, within) if isinstance(command, click.Group) else (command,)


def test_every_command_with_variables_keeps_their_order() -> None:
    taking = [c for c in commands(cli, click.Context(cli)) if any(p.name == "var" for p in c.params)]
    assert len(taking) > 5
    assert [c.name for c in taking if not isinstance(c, WithVariables)] == []
