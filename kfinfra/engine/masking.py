"""What a provider says in a plan, without the sensitive values of the change that it speaks of. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from kfinfra.model.plain import UNKNOWN, Plain, at_path
from kfinfra.model.ports import DetailLine
from kfinfra.plan.change import Change


def masked(lines: Iterable[DetailLine], change: Change) -> Iterable[DetailLine]:
    """The lines with every sensitive value of the change hidden: a provider does not know which are."""
    hidden: set[str] = set()
    for side in (change.before, change.after):
        for path in change.sensitive if side is not None else ():
            hidden |= _texts(at_path(dict(side or {}), path))
    for line in lines:
        text = line.text
        for value in sorted(hidden, key=len, reverse=True):
            text = text.replace(value, "(sensitive value)")
        yield replace(line, text=text)


def _texts(value: Plain) -> set[str]:
    """How the leaves of a value may stand in a line; what is shorter than three characters is no secret."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return {text for v in inside for text in _texts(v)}
    text = "" if value is None or isinstance(value, bool) or value is UNKNOWN else str(value)
    return {t for t in (text, json.dumps(text)[1:-1]) if len(t) > 2}
