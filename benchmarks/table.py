"""The answer of a benchmark: figures beside a peer's, and whether the budget of DESIGN §9 holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, ours, the peer's (empty: there is none), the budget, and whether it holds (None: none is set)."""

    what: str
    ours: str
    peer: str = ""
    budget: str = ""
    met: bool | None = None


HEAD = ("what", "kfinfra", "peer", "budget", "")
_VERDICT = {True: "holds", False: "MISSED", None: ""}


def seconds(value: float) -> str:
    """Seconds as a reader compares them."""
    return f"{value:.3f} s" if value < 1 else f"{value:.2f} s"


def memory(value: float) -> str:
    """Megabytes."""
    return f"{value:.0f} MB"


def against(name: str, theirs: str, ours: float, peer: float) -> str:
    """A peer's figure, and ours as a part of it."""
    return f"{name} {theirs} (we: ×{ours / peer:.2f})"


def missing(what: str, ours: str, tool: str) -> Row:
    """A row whose peer is not on this machine: said so, and no verdict."""
    return Row(what, ours, f"{tool} is not installed")


def rendered(title: str, rows: Sequence[Row]) -> Iterable[str]:
    """The table's lines, as Markdown."""
    cells = [HEAD, *((r.what, r.ours, r.peer, r.budget, _VERDICT[r.met]) for r in rows)]
    widths = [max(len(line[column]) for line in cells) for column in range(len(HEAD))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in cells]
    yield f"### {title}"
    yield ""
    yield lines[0]
    yield "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    yield from lines[1:]
    yield ""
