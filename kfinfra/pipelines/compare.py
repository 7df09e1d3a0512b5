"""The plan's lines for a pipeline whose content changes: which tasks, and what of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher, unified_diff

from kfinfra.model.plain import Plain
from kfinfra.model.ports import DetailLine
from kfinfra.pipelines.reading import mapping

_INNER = ("inputs", "env", "env from", "mounts", "retry", "node selector", "labels", "annotations")
_HIDDEN = ("component",)


@dataclass(frozen=True, slots=True)
class Sources:
    """The tasks' source code on both sides, by path, where it is at hand; at most `most` lines of a difference are shown."""

    old: Mapping[str, str] = field(default_factory=dict)
    new: Mapping[str, str] = field(default_factory=dict)
    most: int | None = None


def compare(
    old: Mapping[str, Plain] | None, new: Mapping[str, Plain] | None, sources: Sources | None = None
) -> tuple[DetailLine, ...]:
    """What differs between two summaries (None: there is none), as lines; none where nothing differs.

    Code is shown as a unified diff where `sources` has it on both sides, else as the number of lines that came and went.
    """
    lines: list[DetailLine] = []
    for kind, word in (("parameters", "parameter"), ("tasks", "task")):
        before, after = mapping(old, kind), mapping(new, kind)
        for name in [*after, *(n for n in before if n not in after)]:
            lines += _one(word, name, before.get(name), after.get(name), sources or Sources())
    return tuple(lines)


def _one(word: str, name: str, old: Plain, new: Plain, sources: Sources) -> Iterator[DetailLine]:
    if old == new:
        return
    if old is None or new is None:
        symbol = "+" if old is None else "-"
        yield DetailLine(symbol, f"{word} {name}")
        yield from _facts(symbol, mapping(new if old is None else old))
        return
    inside = list(_changes(name, mapping(old), mapping(new), sources))
    if inside:
        yield DetailLine("~", f"{word} {name}")
        yield from inside


def _facts(symbol: str, facts: dict[str, Plain]) -> Iterator[DetailLine]:
    """A task or parameter that comes or goes: what is worth reading of it."""
    for name, value in facts.items():
        if name in ("code", "command", "cache", *_HIDDEN):
            continue
        for label, shown in flat(name, value):
            yield DetailLine(symbol, _line(label, shown), 1)


def _changes(path: str, old: dict[str, Plain], new: dict[str, Plain], sources: Sources) -> Iterator[DetailLine]:
    for name in [*new, *(n for n in old if n not in new)]:
        before, after = old.get(name), new.get(name)
        if before == after or name in _HIDDEN:
            continue
        if name == "code":
            yield DetailLine("~", _code(str(before or ""), str(after or "")), 1)
            if path in sources.old and path in sources.new:
                yield from _hunks(sources.old[path], sources.new[path], sources.most)
        elif name == "command":
            yield DetailLine("~", "command", 1)
        else:
            yield from _changed(name, before, after)


def _changed(name: str, before: Plain, after: Plain) -> Iterator[DetailLine]:
    was, now = dict(flat(name, before)), dict(flat(name, after))
    for label in [*now, *(one for one in was if one not in now)]:
        if was.get(label) == now.get(label):
            continue
        if label not in was:
            yield DetailLine("+", _line(label, now[label]), 1)
        elif label not in now:
            yield DetailLine("-", _line(label, was[label]), 1)
        else:
            yield DetailLine("~", f"{label}: {was[label]} -> {now[label]}", 1)


def flat(name: str, value: Plain) -> Iterator[tuple[str, str]]:
    """A fact as labelled texts: maps entry by entry, lists item by item."""
    match value:
        case None:
            return
        case dict() if name in _INNER:
            for key, item in value.items():
                if item is not None:
                    yield f"{name} {key}", _text(item)
        case list():
            for item in value:
                yield f"{name} {item}", ""
        case _:
            yield name, _text(value)


def _line(label: str, shown: str) -> str:
    return f"{label}: {shown}" if shown else label


def _text(value: Plain) -> str:
    if isinstance(value, str) and value.startswith("#") and len(value) == 9:
        return f"(value {value})"
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _code(old: str, new: str) -> str:
    """How many lines of the source came and went."""
    before, after = old.split(), new.split()
    added = removed = 0
    for kind, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind != "equal":
            removed, added = removed + i2 - i1, added + j2 - j1
    return f"code: {added} line{'' if added == 1 else 's'} added, {removed} removed"


def _hunks(old: str, new: str, most: int | None) -> Iterator[DetailLine]:
    """The unified diff of two sources, without its header."""
    lines = list(unified_diff(old.strip("\n").split("\n"), new.strip("\n").split("\n"), n=2, lineterm=""))[2:]
    for line in lines[:most]:
        yield DetailLine(" ", line, 2) if line.startswith("@@") else DetailLine(line[0], line[1:], 2)
    if most is not None and len(lines) > most:
        yield DetailLine(" ", f"… and {len(lines) - most} more lines", 2)
