"""Which block a message's place is in (`variable "a"`, `locals`), told where the message names no address."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kfinfra.config.module import Declared, Module
from kfinfra.config.tree import Node
from kfinfra.diag import Diagnostic, Span


def in_context(found: Iterable[Diagnostic], root: Node) -> list[Diagnostic]:
    """The messages, each with the top-level block that it is in; what is about a whole block's header is in none."""
    every = list(found)
    if not every:
        return every
    blocks: dict[str, list[tuple[Span, str]]] = {}
    for span, header in _blocks(root):
        blocks.setdefault(span.filename, []).append((span, header))
    return [_placed(d, blocks) for d in every]


def _placed(found: Diagnostic, blocks: dict[str, list[tuple[Span, str]]]) -> Diagnostic:
    for span, header in blocks.get(found.span.filename, ()) if found.span is not None else ():
        if found.span is not None and found.span.start != span.start:
            found = found.inside(header, span)
    return found


def _blocks(root: Node) -> Iterator[tuple[Span, str]]:
    seen: set[int] = set()
    for node in root.walk():
        if id(node.module) in seen:
            continue
        seen.add(id(node.module))
        for declared in _declared(node.module):
            block = declared.block
            yield declared.source.span(block.start, block.end), " ".join((block.type, *(f'"{x}"' for x in declared.labels())))
        for local in node.module.locals.values():
            yield local.source.span(local.attribute.start, local.attribute.end), "locals"


def _declared(module: Module) -> Iterator[Declared]:
    yield from module.checks.values()
    for table in (module.variables, module.outputs, module.providers, module.calls):
        yield from table.values()
    yield from module.resources.values()
    for blocks in (module.settings, module.moved, module.removed, module.imports):
        yield from blocks
