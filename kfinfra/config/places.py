"""Where the parts of a written value stand: an object's by their key, a tuple's by their index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kfinfra.diag import SourceText, Span
from kfinfra.hcl.nodes import Body, Expr, ObjectExpr, ObjectItem, Parens, Quoted, TupleExpr
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


class Places(Mapping[Path, Span]):
    """Where each part of a body is written. Worked out when one is asked for: of most bodies, none ever is."""

    def __init__(self) -> None:
        self._blocks: dict[Path, Span] = {}
        self._written: list[tuple[Path, Body, SourceText]] = []
        self._all: dict[Path, Span] | None = None

    def body(self, path: Path, body: Body, source: SourceText) -> None:
        """Adds the attributes of a body and all that is written out in their values."""
        self._written.append((path, body, source))
        self._all = None

    def block(self, path: Path, span: Span) -> Span | None:
        """Adds a block; returns the place of one that was added with that path before."""
        earlier = self._blocks.get(path)
        if earlier is None:
            self._blocks[path] = span
            self._all = None
        return earlier

    def update(self, others: Mapping[Path, Span]) -> None:
        """Adds places that are known."""
        self._blocks.update(others)
        self._all = None

    def _known(self) -> dict[Path, Span]:
        found = self._all
        if found is None:
            found = {}
            for path, body, source in self._written:
                for name, expr in ((a.name, a.expr) for a in body.attributes):
                    found[*path, name] = source.span(expr.start, expr.end)
                    found.update(places(expr, (*path, name), source))
            found.update(self._blocks)
            self._all = found
        return found

    def __getitem__(self, path: Path) -> Span:
        return self._known()[path]

    def __iter__(self) -> Iterator[Path]:
        return iter(self._known())

    def __len__(self) -> int:
        return len(self._known())


def nearest(path: Path, known: Mapping[Path, Span], fallback: Span) -> Span:
    """The place of the part at `path`, or of the innermost part around it that has one."""
    return next((known[path[:n]] for n in range(len(path), 0, -1) if path[:n] in known), fallback)


def literal_key(entry: ObjectItem) -> str | None:
    """The key of an object's item where it is written out."""
    match entry:
        case ObjectItem(key=str() as name):
            return name
        case ObjectItem(key=Quoted(value=text)):
            return text
        case _:
            return None


def path_text(path: Path) -> str:
    """A path as it is written after a name: `[1].size["a b"]`."""
    parts = (f"[{p}]" if isinstance(p, int) else f".{p}" if p.replace("-", "_").isidentifier() else f'["{p}"]' for p in path)
    return "".join(parts)
