"""Writes the tables of inputs and outputs into modules/*/README.md. Run it after a change; a test compares."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from kfinfra.diag import SourceText
from kfinfra.hcl.nodes import Block, Quoted
from kfinfra.hcl.parser import parse

MODULES = Path(__file__).parents[1] / "modules"
BEGIN, END = "<!-- made by tools/module_docs.py -->", "<!-- until here -->"


def documented(module: Path) -> str:
    """The README of a module, with its tables made anew. Raises ValueError where it has no place for them."""
    readme = (module / "README.md").read_text()
    head, begin, rest = readme.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{module / 'README.md'} has no lines {BEGIN} and {END}")
    return "\n".join([head + BEGIN, "", *_tables(module), "", END + tail])


def _tables(module: Path) -> Iterator[str]:
    found = list(_blocks(module))
    yield from ("## Inputs", "", "| name | type | default | |", "|---|---|---|---|")
    for source, block in found:
        if block.type == "variable":
            kind, default = _text(source, block, "type") or "any", _text(source, block, "default")
            shown = f"`{default}`" if default else "*required*"
            yield f"| `{block.labels[0].value}` | `{kind}` | {shown} | {_description(block)} |"
    yield from ("", "## Outputs", "", "| name | |", "|---|---|")
    for _, block in found:
        if block.type == "output":
            yield f"| `{block.labels[0].value}` | {_description(block)} |"


def _blocks(module: Path) -> Iterator[tuple[SourceText, Block]]:
    for path in sorted(module.glob("*.hcl")):
        source = SourceText(path.name, path.read_text())
        yield from ((source, block) for block in parse(source).blocks)


def _text(source: SourceText, block: Block, name: str) -> str:
    """The attribute's expression as it is written, on one line."""
    found = [a.expr for a in block.body.attributes if a.name == name]
    lines = [" ".join(line.split()) for line in source.text[found[0].start : found[0].end].split("\n")] if found else []
    text = ""
    for line in lines:
        text += line if not text or text.endswith("{") or line.startswith("}") else f", {line}"
    return text.replace("|", "\\|")


def _description(block: Block) -> str:
    """The description's text. Raises ValueError where there is none, or more than text."""
    for attribute in block.body.attributes:
        if attribute.name == "description" and isinstance(attribute.expr, Quoted):
            return attribute.expr.value.replace("|", "\\|")
    raise ValueError(f"{block.type} {block.labels[0].value} has no description")


if __name__ == "__main__":
    for folder in sorted(path.parent for path in MODULES.glob("*/README.md")):
        (folder / "README.md").write_text(documented(folder))
