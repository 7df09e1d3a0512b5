"""What stops the reading of a text: a message at offsets. `parser` makes a diagnostic of it, since only that knows the file."""

from __future__ import annotations

from typing import Protocol


class Placed(Protocol):
    """What knows where the characters of a decoded text stand."""

    def place(self, index: int, /) -> int: ...


class SyntaxProblem(Exception):
    """A mistake from offset `start` up to offset `end`; both may be the text's length (its end).

    A `{}` in `detail` stands for the place of the offset `also`.
    """

    def __init__(self, summary: str, detail: str, start: int, end: int | None = None, also: int | None = None) -> None:
        super().__init__(f"{summary}: {detail}")
        self.summary, self.detail, self.start = summary, detail, start
        self.end = start + 1 if end is None else end
        self.also = also

    def within(self, string: Placed | None) -> SyntaxProblem:
        """The same mistake where the text is a JSON string's, at its place in the file; itself where `string` is None."""
        if string is None:
            return self
        also = None if self.also is None else string.place(self.also)
        return SyntaxProblem(self.summary, self.detail, string.place(self.start), string.place(self.end), also)


def invalid_expression(start: int, end: int | None = None) -> SyntaxProblem:
    """Where an expression should begin and something else stands."""
    detail = "Expected the start of an expression, but found an invalid expression token."
    return SyntaxProblem("Invalid expression", detail, start, end)
