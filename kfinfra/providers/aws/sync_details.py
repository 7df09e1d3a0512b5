"""What a plan says of a synced folder: how many files and bytes come, change and go, and the first of them by name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.ports import DetailLine

SHOWN = 10


def details(
    before: Attributes | None, after: Attributes | None, coming: Mapping[str, int], there: Mapping[str, int]
) -> Iterable[DetailLine]:
    """The lines of a change. Sizes in bytes: of what is `coming`, and of what is `there` already."""
    if before is not None and after is not None and after.get("manifest") is UNKNOWN:
        yield DetailLine("~", "files: (known after apply)")
        return
    old, new = manifest(before or {}), manifest(after or {})
    here = {n: coming[n] for n in new if new[n] != old.get(n) and n in coming}
    goes = after is None or bool(after.get("delete"))
    place = "bucket" if (after or before or {}).get("direction") == "download" else "folder"
    kept = f"no longer in the {place}, and kept (delete = false)"
    yield from _lines("+", "added", sorted(new.keys() - old.keys()), here)
    yield from _lines("~", "changed", sorted(n for n in new.keys() & old.keys() if new[n] != old[n]), here)
    yield from _lines("-" if goes else " ", "deleted" if goes else kept, sorted(old.keys() - new.keys()), there)


def sizes(source: Path, before: Attributes | None, after: Attributes | None) -> Mapping[str, int]:
    """The sizes in bytes of the files in a folder that differ."""
    old, new = manifest(before or {}), manifest(after or {})
    paths = ((n, source / n) for n in new if new[n] != old.get(n))
    return {n: path.stat().st_size for n, path in paths if path.is_file()}


def manifest(attributes: Attributes) -> dict[str, Plain]:
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
