"""A source text and places in it. Nodes keep character offsets only; lines and columns are worked out when they are shown."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place: `line` and `column` count from 1 (columns in grapheme clusters, as HCL's own), `byte` from 0 (UTF-8)."""

    line: int
    column: int
    byte: int


@dataclass(frozen=True, slots=True)
class Span:
    """A range of a file, with the whole source lines it touches (`code`), so that a view needs no file to show it."""

    filename: str
    start: Position
    end: Position
    code: str = ""

    def __str__(self) -> str:
        return f"{self.filename}:{self.start.line}:{self.start.column}"


@dataclass(frozen=True, slots=True, eq=False)
class SourceText:
    """The text of one file under the name that diagnostics show (relative to the root module's folder)."""

    filename: str
    text: str
    _lines: list[int] = field(default_factory=list, repr=False)

    def span(self, start: int, end: int) -> Span:
        """The span of the characters from offset `start` up to offset `end`."""
        first, last = self.position(start), self.position(max(start, end))
        begin = self._starts()[first.line - 1]
        stop = self.text.find("\n", max(begin, end - 1 if end > start else end))
        return Span(self.filename, first, last, self.text[begin : stop if stop >= 0 else len(self.text)].rstrip("\r"))

    def position(self, offset: int) -> Position:
        """The line, column and byte of the character at `offset`; past the end means the end. A byte order mark is no column."""
        offset = min(offset, len(self.text))
        starts = self._starts()
        line = bisect_right(starts, offset)
        before = self.text[starts[line - 1] : offset].removeprefix("\ufeff")
        byte = len(self.text[:offset].encode())
        return Position(line, _columns(before) + 1, byte)

    def _starts(self) -> list[int]:
        if not self._lines:
            self._lines.append(0)
            at = self.text.find("\n")
            while at >= 0:
                self._lines.append(at + 1)
                at = self.text.find("\n", at + 1)
        return self._lines


def _columns(text: str) -> int:
    """How many columns `text` takes: grapheme clusters, counted only where a character is not ASCII."""
    if text.isascii():
        return len(text)
    import regex

    return len(regex.findall(r"\X", text))
