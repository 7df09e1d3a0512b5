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


class Span:
    """A range of a file. Lines, columns and the text are worked out when they are asked for: most spans are never shown."""

    __slots__ = ("_begin", "_code", "_end", "_source", "_stop")

    def __init__(self, source: SourceText, begin: int, end: int, code: str | None = None) -> None:
        """The characters of `source` from offset `begin` up to offset `end`; `code` is shown in the place of its lines."""
        self._source, self._begin, self._stop, self._code = source, begin, max(begin, end), code
        self._end = end

    @property
    def filename(self) -> str:
        """The file's name."""
        return self._source.filename

    @property
    def offset(self) -> int:
        """The characters before it in the file."""
        return self._begin

    @property
    def start(self) -> Position:
        """Where it begins."""
        return self._source.position(self._begin)

    @property
    def end(self) -> Position:
        """Where it ends."""
        return self._source.position(self._stop)

    @property
    def code(self) -> str:
        """The whole source lines that it touches, so that a view needs no file to show it."""
        return self._source.lines(self._begin, self._end) if self._code is None else self._code

    def showing(self, code: str) -> Span:
        """The same place with another text to be shown."""
        return Span(self._source, self._begin, self._end, code)

    def _key(self) -> tuple[str, int, int, str | None]:
        return self._source.filename, self._begin, self._stop, self._code

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Span) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Span({self}-{self.end.line}:{self.end.column})"

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
        return Span(self, start, end)

    def lines(self, start: int, end: int) -> str:
        """The whole lines that the characters from `start` up to `end` touch."""
        begin = self._starts()[self.position(start).line - 1]
        stop = self.text.find("\n", max(begin, end - 1 if end > start else end))
        return self.text[begin : stop if stop >= 0 else len(self.text)].rstrip("\r")

    def position(self, offset: int) -> Position:
        """The line, column and byte of the character at `offset`; past the end means the end. A byte order mark is no column."""
        offset = min(offset, len(self.text))
        starts = self._starts()
        line = bisect_right(starts, offset)
        before = self.text[starts[line - 1] : offset].removeprefix("\ufeff")
        byte = offset if self.text.isascii() else len(self.text[:offset].encode())
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
