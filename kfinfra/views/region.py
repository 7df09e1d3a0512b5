"""A few lines at the bottom of a terminal that are drawn again and again, while finished lines scroll away above them.

Each frame is one write, so that nothing gets between. No drawn line is wider than the terminal; when the window was made
narrower in between, the terminal has wrapped the old lines, and the way back up is counted in the rows they take now.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from typing import TextIO

HIDE, SHOW, CLEAR = "\x1b[?25l", "\x1b[?25h", "\x1b[J"


def terminal_size() -> tuple[int, int]:
    """Columns and rows."""
    size = shutil.get_terminal_size()
    return size.columns, size.lines


class Region:
    """The region of a stream. Used by one thread at a time; write errors are the caller's."""

    def __init__(self, stream: TextIO, size: Callable[[], tuple[int, int]] = terminal_size) -> None:
        self._stream, self.size = stream, size
        self._widths: list[int] = []

    def draw(self, above: Sequence[str], lines: Sequence[tuple[str, int]]) -> None:
        """Scrolls `above` away for good and draws `lines` (each with the columns that it takes) in the region's place."""
        if not above and not lines and not self._widths:
            return
        frame = [self._back(), *(f"{line}\n" for line in above), *(f"{line}\n" for line, _ in lines)]
        frame.append("" if lines else SHOW)
        self._widths = [width for _, width in lines]
        self._stream.write("".join(frame))
        self._stream.flush()

    def _back(self) -> str:
        """To the region's first column and row, everything from there on cleared."""
        if not self._widths:
            return HIDE
        columns, rows = self.size()
        taken = sum(max(1, -(-width // columns)) for width in self._widths)
        return f"\r\x1b[{min(taken, rows - 1)}A{CLEAR}"
