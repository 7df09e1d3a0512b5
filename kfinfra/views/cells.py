"""How much room text takes on a terminal: wide characters take two columns, joined ones none of their own; and wrapping by it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator

TAB = "    "
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def graphemes(text: str) -> list[str]:
    """What a reader sees as single characters, in order (the unit of a span's columns)."""
    if text.isascii():
        return list(text)
    import regex

    return list(regex.findall(r"\X", text))


def columns(text: str) -> int:
    """The columns that `text` takes."""
    return len(text) if text.isascii() else sum(map(_width, graphemes(text)))


def _width(grapheme: str) -> int:
    if "\ufe0f" in grapheme or any(unicodedata.east_asian_width(c) in "WF" for c in grapheme):
        return 2
    return 0 if unicodedata.category(grapheme[0]) in ("Mn", "Me", "Cf", "Cc") else 1


def visible_columns(text: str) -> int:
    """The columns that `text` takes, with colours in it."""
    return columns(_COLOR.sub("", text))


def wrapped(text: str, room: int, columns: Callable[[str], int] = columns) -> Iterator[str]:
    """The lines of `text` in at most `room` columns, broken between words; indented lines and long words stay whole.

    `columns` says how many a piece of it takes.
    """
    for line in text.split("\n"):
        if line.startswith((" ", "\t")) or columns(line) <= room:
            yield line.rstrip()
            continue
        current = ""
        for word in line.split(" "):
            if current and columns(current) + 1 + columns(word) > room:
                yield current.rstrip()
                current = ""
            current = f"{current} {word}" if current else word
        yield current


def prose(lines: Iterable[str], room: int) -> Iterator[str]:
    """`lines` with the sentences among them (what is not indented) in at most `room` columns; zero means as they are."""
    for line in lines:
        plain = _COLOR.sub("", line)
        if not room or line.startswith(" "):
            yield line
        elif set(plain) == {"─"}:
            yield plain[:room]
        else:
            yield from wrapped(line, room, visible_columns)


def window(items: list[str], begin: int, room: int) -> tuple[str, int]:
    """The graphemes `items` cut to `room` columns around number `begin`, and the column at which `begin` then stands."""
    first = 0
    while columns("".join(items[first:begin])) > room * 2 // 3:
        first += 1
    head = "…" if first else ""
    before = columns(head + "".join(items[first:begin]))
    shown, taken = head, columns(head)
    for number in range(first, len(items)):
        taken += columns(items[number])
        if taken > room - (number + 1 < len(items)):
            return shown + "…", before
        shown += items[number]
    return shown, before
