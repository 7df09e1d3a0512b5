"""Where the parts of a written value stand: an object's by their key, a tuple's by their index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kfinfra.diag import SourceText, Span
from kfinfra.hcl.nodes import Expr, ObjectExpr, ObjectItem, Parens, Template, Text, TupleExpr
from kfinfra.model.plain import Path


def places(expr: Expr, path: Path, source: SourceText) -> Iterator[tuple[Path, Span]]:
    """The place of each part of `expr` that is written out; `path` is that of the whole."""
    match expr:
        case TupleExpr(items=items):
            for index, item in enumerate(items):
                yield (*path, index), source.span(item.start, item.end)
                yield from places(item, (*path, index), source)
        case ObjectExpr(items=entries):
            for entry in entries:
                key = literal_key(entry)
                if key is not None:
                    yield (*path, key), source.span(entry.value.start, entry.value.end)
                    yield from places(entry.value, (*path, key), source)
        case Parens(inner=inner):
            yield from places(inner, path, source)


def nearest(path: Path, known: Mapping[Path, Span], fallback: Span) -> Span:
    """The place of the part at `path`, or of the innermost part around it that has one."""
    return next((known[path[:n]] for n in range(len(path), 0, -1) if path[:n] in known), fallback)


def literal_key(entry: ObjectItem) -> str | None:
    """The key of an object's item where it is written out."""
    match entry:
        case ObjectItem(bare=str() as name):
            return name
        case ObjectItem(key=Template(parts=(Text(value=text),))):
            return text
        case _:
            return None


def path_text(path: Path) -> str:
    """A path as it is written after a name: `[1].size["a b"]`."""
    parts = (f"[{p}]" if isinstance(p, int) else f".{p}" if p.replace("-", "_").isidentifier() else f'["{p}"]' for p in path)
    return "".join(parts)
