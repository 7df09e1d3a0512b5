"""What stops the reading of a text: a message at offsets. `parser` makes a diagnostic of it, since only that knows the file."""

from __future__ import annotations


class SyntaxProblem(Exception):
    """A mistake from offset `start` up to offset `end`; both may be the text's length (its end).

    A `{}` in `detail` stands for the place of the offset `also`.
    """

    def __init__(self, summary: str, detail: str, start: int, end: int | None = None, also: int | None = None) -> None:
        super().__init__(f"{summary}: {detail}")
        self.summary, self.detail, self.start = summary, detail, start
        self.end = start + 1 if end is None else end
        self.also = also


def invalid_expression(start: int, end: int | None = None) -> SyntaxProblem:
    """Where an expression should begin and something else stands."""
    detail = "Expected the start of an expression, but found an invalid expression token."
    return SyntaxProblem("Invalid expression", detail, start, end)
