"""The tasks of a run as rows of a terminal: a tree of groups, states and times in columns of their own, whatever the width.

Messages are cut to what is left where a row is drawn again and again, and wrapped below it where it stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kfinfra.model.runs import TaskRun
from kfinfra.views.cells import columns, graphemes, wrapped
from kfinfra.views.durations import duration
from kfinfra.views.paint import paint

STYLES = {"SUCCEEDED": "green", "FAILED": "red", "CANCELED": "yellow", "CANCELING": "yellow", "RUNNING": "cyan"}
SYMBOLS = {"SUCCEEDED": "✓", "FAILED": "✗", "SKIPPED": "-", "CANCELED": "✗", "CACHED": "✓", "PENDING": "·"}
_ITERATION = re.compile(r"(.*)(\[\d+\])")
_FIXED = 2 + 2 + 2 + 9 + 1 + 7
"""Columns that a row takes besides its name and its message: margins, sign, state, time."""
_LEAST = 12

Row = tuple[str, TaskRun]


def outline(tasks: Sequence[TaskRun]) -> list[Row]:
    """The tasks with what they are called in a tree, each below the group that it is in, else in their order."""
    known = {task.path for task in tasks}
    below: dict[str, list[TaskRun]] = {}
    for task in tasks:
        below.setdefault(_above(task.path, known), []).append(task)
    return list(_rows(below, "", 0))


def _rows(below: dict[str, list[TaskRun]], path: str, depth: int) -> Iterator[Row]:
    for task in sorted(below.get(path, ()), key=lambda t: _number(t.path)):
        yield "  " * depth + task.path.removeprefix(path).removeprefix("/"), task
        yield from _rows(below, task.path, depth + 1)


def _number(path: str) -> int:
    """Of an iteration its number: they are shown in the order of the items, whatever began first."""
    found = _ITERATION.fullmatch(path)
    return int(found[2][1:-1]) if found else 0


def _above(path: str, known: set[str]) -> str:
    """The nearest group around a task that is told of; an iteration stands below its loop."""
    while path:
        found = _ITERATION.fullmatch(path)
        path = found[1] if found else path.rpartition("/")[0]
        if path in known:
            return path
    return ""


def drawn(rows: Sequence[Row], now: float, room: int) -> list[tuple[str, int]]:
    """Rows of one line each in at most `room` columns, coloured, each with the columns that it takes."""
    wide = _name_width(rows, room)
    return [_line(row, wide, now, room, color=True) for row in rows]


def written(rows: Sequence[Row], now: float, room: int, color: bool) -> list[str]:
    """Rows with all that their tasks say, wrapped to `room` columns."""
    wide, out = _name_width(rows, room), []
    for name, task in rows:
        whole, taken = _line((name, task), wide, now, 10**6, color)
        if taken <= room:
            out.append(whole)
            continue
        out.append(_line((name, TaskRun(task.path, task.state, task.started, task.ended)), wide, now, room, color)[0])
        out += [f"      {line}" for line in wrapped(task.message, max(_LEAST, room - 6))]
    return out


def _name_width(rows: Sequence[Row], room: int) -> int:
    most = max((columns(name) for name, _ in rows), default=0)
    return min(most, max(_LEAST, room - _FIXED))


def _line(row: Row, wide: int, now: float, room: int, color: bool) -> tuple[str, int]:
    name, task = row
    sign = SYMBOLS.get(task.state, "●")
    took = "" if task.started is None else duration(max(0.0, (task.ended or now) - task.started))
    shown = _cut(name, wide)
    head = f"{sign} {shown}{' ' * (wide - columns(shown))}  {task.state:<9}"
    left = room - columns(head) - 2 - 1 - max(7, len(took)) - 2
    message = _cut_end(task.message, left) if left > 1 else ""
    tail = f" {took:>7}  {message}".rstrip()
    return f"  {paint(head, STYLES.get(task.state, 'dim'), color)}{tail}".rstrip(), 2 + columns(head) + columns(tail)


def _cut(text: str, room: int) -> str:
    """The text with its middle left out where it does not fit."""
    if columns(text) <= room:
        return text
    letters = graphemes(text)
    begin = letters[: (room - 1) // 2]
    end: list[str] = []
    while columns("".join(begin)) + 1 + columns("".join(end)) < room and len(begin) + len(end) < len(letters):
        end.insert(0, letters[-1 - len(end)])
    return f"{''.join(begin)}…{''.join(end)}"


def _cut_end(text: str, room: int) -> str:
    text = " ".join(text.split())
    if columns(text) <= room:
        return text
    letters = graphemes(text)
    while letters and columns("".join(letters)) > room - 1:
        letters.pop()
    return "".join(letters) + "…"
