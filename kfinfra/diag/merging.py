"""One mistake that many instances have (of a block that repeats, of a local value that many use) is one message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from kfinfra.diag.diagnostic import Diagnostic


def merged(found: Iterable[Diagnostic]) -> list[Diagnostic]:
    """The messages in their order, those that say the same of the same place as one: the first, with the number of the others.

    What the expression saw is the first's. One that is about the text alone, and names no address, stands for all.
    """
    groups: dict[object, list[Diagnostic]] = {}
    for d in found:
        key = (d.severity, d.summary, d.detail, d.span, d.hint) if d.span is not None else d
        groups.setdefault(key, []).append(d)
    return [_one(group) for group in groups.values()]


def _one(group: list[Diagnostic]) -> Diagnostic:
    general = next((d for d in group if not d.address), None)
    others = {d.address for d in group[1:]} - {group[0].address}
    return group[0] if len(group) == 1 else general or replace(group[0], others=len(others))
