"""What a plan says of a synced folder: how many files and bytes come, change and go, and the first of them by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import DetailLine

SHOWN = 10


def details(source: Path, before: Attributes | None, after: Attributes | None, there: Mapping[str, int]) -> Iterable[DetailLine]:
    """The lines of a change. `there`: the sizes in bytes of what lies in the bucket, as the refresh found them."""
    old, new = manifest(before or {}), manifest(after or {})
    here = {n: path.stat().st_size for n, path in ((n, source / n) for n in new if new[n] != old.get(n)) if path.is_file()}
    goes = after is None or bool(after.get("delete"))
    kept = "no longer in the folder, and kept (delete = false)"
    yield from _lines("+", "added", sorted(new.keys() - old.keys()), here)
    yield from _lines("~", "changed", sorted(n for n in new.keys() & old.keys() if new[n] != old[n]), here)
    yield from _lines("-" if goes else " ", "deleted" if goes else kept, sorted(old.keys() - new.keys()), there)


def manifest(attributes: Attributes) -> Mapping[str, Plain]:
    """Path to sha256, empty where nothing is known of the content."""
    found = attributes.get("manifest")
    return found if isinstance(found, dict) else {}


def _lines(symbol: str, words: str, names: list[str], sizes: Mapping[str, int]) -> Iterable[DetailLine]:
    if not names:
        return
    known = [sizes[name] for name in names if name in sizes]
    much = f" ({readable(sum(known))})" if known else ""
    yield DetailLine(symbol, f"{len(names)} file{'s' if len(names) > 1 else ''} {words}{much}")
    yield from (DetailLine(symbol, name, 1) for name in names[:SHOWN])
    if len(names) > SHOWN:
        yield DetailLine(" ", f"… and {len(names) - SHOWN} more", 1)


def readable(count: int) -> str:
    """Bytes as a user reads them."""
    size = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"
