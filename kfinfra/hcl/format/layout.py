"""Tokens to text as hclwrite lays them out: indentation by nesting, one space by rule, `=` and trailing comments in columns.

A line is up to three cells: what leads, the assignment from its `=` on, and a trailing comment. Consecutive lines that have
an assignment (or a comment) form a chain, and it begins in the same column in all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import regex

from kfinfra.hcl.format.spacing import spaced
from kfinfra.hcl.format.tokens import Kind, Token

Cell = list[Token]


@dataclass
class _Line:
    """A line's cells, and the spaces before each of them."""

    lead: Cell
    assign: Cell = field(default_factory=list)
    comment: Cell = field(default_factory=list)
    indent: int = 0
    gap: int = 1
    comment_gap: int = 1

    def lead_width(self) -> int:
        return self.indent + _columns(_joined(self.lead))

    def width(self) -> int:
        return self.lead_width() + (self.gap + _columns(_joined(self.assign)) if self.assign else 0)

    def text(self) -> str:
        out = " " * self.indent + _joined(self.lead)
        if self.assign:
            out += " " * self.gap + _joined(self.assign)
        return out + " " * self.comment_gap + _joined(self.comment) if self.comment else out


def layout(tokens: Sequence[Token]) -> str:
    """The text that the tokens, of which the last is an END, make in canonical layout."""
    *tokens, end = tokens
    lines = [_cells(line) for line in _lines(tokens)]
    _indent(lines)
    for has, chain in groupby(lines, key=lambda line: bool(line.assign)):
        if has:
            _align_assignments(list(chain))
    for has, chain in groupby(lines, key=lambda line: bool(line.comment)):
        if has:
            _align_comments(list(chain))
    return "".join(line.text() for line in lines) + end.text


def _lines(tokens: Sequence[Token]) -> Iterator[Cell]:
    line: Cell = []
    for token in tokens:
        line.append(token)
        if token.ends_line:
            yield line
            line = []
    if line:
        yield line


def _cells(tokens: Cell) -> _Line:
    """The line's cells: an `=` begins the assignment only where what follows opens no bracket that it does not close."""
    comment: Cell = []
    if len(tokens) > 1 and tokens[-1].kind is Kind.COMMENT:
        tokens, comment = tokens[:-1], tokens[-1:]
    first = next((i for i, t in enumerate(tokens) if i and t.kind is Kind.MARK and t.text == "="), None)
    if first is not None and _nesting(tokens[first:]) == 0:
        return _Line(tokens[:first], tokens[first:], comment)
    return _Line(tokens, [], comment)


def _nesting(tokens: Iterable[Token]) -> int:
    return sum(token.nesting for token in tokens)


def _line_nesting(line: _Line) -> int:
    """The line's net brackets; what a heredoc in the leading cell holds does not count."""
    lead = 0
    for token in line.lead:
        lead += token.nesting
        if token.kind is Kind.OPEN_HEREDOC:
            break
    return lead + _nesting(line.assign)


def _indent(lines: list[_Line]) -> None:
    """Two spaces a level. A line that opens brackets is one level, however many it opens; closing them all takes it back."""
    levels: list[int] = []
    for line in lines:
        if line.lead[0].kind is Kind.NEWLINE:
            continue
        net = _line_nesting(line)
        if net < 0:
            _close(levels, -net)
        line.indent = 2 * len(levels)
        if net > 0:
            levels.append(net)


def _close(levels: list[int], closed: int) -> None:
    while closed > 0 and levels:
        if closed < levels[-1]:
            levels[-1] -= closed
            return
        closed -= levels.pop()


def _align_assignments(chain: list[_Line]) -> None:
    widest = max(line.lead_width() for line in chain)
    for line in chain:
        line.gap = widest - line.lead_width() + 1


def _align_comments(chain: list[_Line]) -> None:
    widest = max(line.width() for line in chain)
    for line in chain:
        line.comment_gap = widest - line.width() + 1


def _joined(cell: Cell) -> str:
    """The cell's text, a space between its tokens where one belongs."""
    out = [cell[0].text] if cell else []
    for i, (left, right) in enumerate(pairwise(cell)):
        before = cell[i - 1] if i else None
        out.append(" " + right.text if spaced(before, left, right) else right.text)
    return "".join(out)


def _columns(text: str) -> int:
    """How many columns a text takes: grapheme clusters, as HCL counts them."""
    return len(text) if text.isascii() else len(regex.findall(r"\X", text))
