"""Which block a message's place is in (`variable "a"`, `locals`), told where the message names no address."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from kfinfra.config.module import Declared, Local, Module
from kfinfra.diag import Diagnostic

if TYPE_CHECKING:
    from kfinfra.config.tree import Node

Piece = tuple[int, int, Declared | None]
"""From where to where a top-level block is written; None for an entry of a `locals` block."""


def in_context(found: Iterable[Diagnostic], root: Node) -> list[Diagnostic]:
    """The messages, each with the top-level block that it is in; what is about a whole block's header is in none."""
    every = list(found)
    if not any(d.span is not None and not d.address and not d.context for d in every):
        return every
    pieces: dict[str, list[Piece]] = {}
    for filename, piece in _pieces(root):
        pieces.setdefault(filename, []).append(piece)
    for of_file in pieces.values():
        of_file.sort(key=lambda piece: piece[:2])
    return [_placed(d, pieces) for d in every]


def _placed(found: Diagnostic, pieces: dict[str, list[Piece]]) -> Diagnostic:
    if found.span is None or found.address or found.context or found.span.filename not in pieces:
        return found
    of_file, at = pieces[found.span.filename], found.span.offset
    index = bisect_right(of_file, at, key=lambda piece: piece[0]) - 1
    if index < 0 or at > of_file[index][1] or at == of_file[index][0]:
        return found
    return replace(found, context=_header(of_file[index][2]))


def _header(declared: Declared | None) -> str:
    return "locals" if declared is None else " ".join((declared.block.type, *(f'"{x}"' for x in declared.labels())))


def _pieces(root: Node) -> Iterator[tuple[str, Piece]]:
    seen: set[int] = set()
    for node in root.walk():
        if id(node.module) not in seen:
            seen.add(id(node.module))
            for declared in _declared(node.module):
                yield declared.source.filename, (declared.block.start, declared.block.end, declared)
            for local in node.module.locals.values():
                yield local.source.filename, _entry(local)


def _entry(local: Local) -> Piece:
    return local.attribute.start, local.attribute.end, None


def _declared(module: Module) -> Iterator[Declared]:
    for table in (module.variables, module.outputs, module.providers, module.calls, module.checks):
        yield from table.values()
    yield from module.resources.values()
    for blocks in (module.settings, module.moved, module.removed, module.imports):
        yield from blocks
