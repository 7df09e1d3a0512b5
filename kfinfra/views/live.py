"""Progress on a terminal: a line for each running operation, drawn in place; what has ended scrolls away above.

The only room that imports rich, and only when it is made: on a terminal that may be drawn on.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Sequence
from typing import TextIO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from kfinfra.diag import Diagnostic
from kfinfra.model.address import Address
from kfinfra.plan.change import Action, Change, Plan
from kfinfra.views.durations import duration
from kfinfra.views.region import Region, terminal_size
from kfinfra.views.tracking import DOING, DONE, INTERRUPTED, Tracking, Underway, quantity, told

BAR = 16
MOST = 12
"""So many operations are drawn at once; more are counted."""
_STYLES = {Action.CREATE: "green", Action.UPDATE: "yellow", Action.DELETE: "red", Action.READ: "cyan"}
_SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"


class LiveProgress(Tracking):
    """A region on a terminal."""

    interval = 0.1

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        size: Callable[[], tuple[int, int]] = terminal_size,
    ) -> None:
        super().__init__(clock)
        self._region = Region(stream, size)
        self._console = Console(file=io.StringIO(), force_terminal=True, legacy_windows=False, highlight=False, markup=False)
        self._above: list[str] = []
        self._refreshing: dict[str, tuple[int, float]] = {}
        self._total = self._finished = 0
        self._interrupted = False

    def interrupted(self) -> None:
        """Said by the next frame: a signal handler may not write."""
        self._interrupted = True

    def recovered(self, address: Address, what: str) -> None:
        """A line that stays."""
        self._stays(f"{address}: left open by an earlier command: {what}")

    def refresh_started(self, provider: str, count: int) -> None:
        """A line of the region, until it is done."""
        with self.lock:
            self._refreshing[provider] = (count, self.clock())
            self._frame()
            self.run()

    def adopted(self, change: Change) -> None:
        """A line that stays."""
        self._stays(told(change))

    def refresh_done(self, provider: str, count: int) -> None:
        """Its line goes."""
        with self.lock:
            del self._refreshing[provider]
            self._frame()

    def apply_started(self, plan: Plan) -> None:
        """How much there is to do."""
        self._total = sum(2 if c.action.replaces else c.action in _STYLES for c in plan.to_apply)

    def began(self, operation: Underway) -> None:
        """Its line comes with the next frame."""

    def tick(self) -> None:
        """A frame."""
        self._frame()

    def ended(self, operation: Underway, seconds: float) -> None:
        """A line that stays."""
        self._finished += 1
        self._stays(
            f"{operation.address}: {DONE[operation.action]} complete after {duration(seconds)}", _STYLES[operation.action]
        )

    def failed(self, operation: Underway, seconds: float, diagnostics: Sequence[Diagnostic]) -> None:
        """A line that stays, with the first words of why; the whole comes after the apply."""
        words = f"{DONE[operation.action]} failed after {duration(seconds)}: {diagnostics[0].summary}"
        self._stays(f"{operation.address}: {words}", "bold red")

    def operation_skipped(self, address: Address, because: Address) -> None:
        """A line that stays."""
        self._stays(f"{address}: Skipped, because {because} failed", "yellow")

    def close(self) -> None:
        """The region goes."""
        super().close()
        with self.lock:
            self.underway.clear()
            self._refreshing.clear()
            self._frame()

    def _stays(self, words: str, style: str = "") -> None:
        """A line that scrolls away above: with the next frame, or at once where nothing runs any more."""
        with self.lock:
            self._above.append(self._ansi(Text(words, style)))
            if not self.underway:
                self._frame()

    def _frame(self) -> None:
        with self.lock:
            above, self._above = self._above, []
            columns, rows = self._region.size()
            lines = [(self._ansi(line), line.cell_len) for line in self._lines(columns - 1, max(1, rows - 3))]
            self.tell(lambda _: self._region.draw(above, lines), "")

    def _lines(self, columns: int, room: int) -> list[Text]:
        shown = list(self.underway.values())[: min(MOST, room)]
        now = self.clock()
        rows = [(key, since, "", Text(_objects(count))) for key, (count, since) in self._refreshing.items()]
        rows += [(str(o.address), o.begun, _STYLES[o.action], _state(o)) for o in shown]
        wide = min(max((cell_len(name) for name, *_ in rows), default=0), columns * 2 // 5)
        lines = [_row(now - since, _fitted(name, wide), style, state, columns) for name, since, style, state in rows]
        if foot := self._foot(len(self.underway) - len(shown)):
            lines.append(_cut(Text(foot, "dim"), columns))
        return lines

    def _foot(self, more: int) -> str:
        if not self.underway:
            return ""
        parts = [f"and {more} more running"] if more else []
        if self._total:
            parts.append(f"{self._finished} of {self._total} done")
        return (f"{INTERRUPTED} " if self._interrupted else "") + ", ".join(parts)

    def _ansi(self, line: Text) -> str:
        with self._console.capture() as capture:
            self._console.print(line, end="", soft_wrap=True)
        return capture.get()


def _row(spent: float, name: str, style: str, state: Text, columns: int) -> Text:
    spin = _SPINNER[int(spent * 10) % len(_SPINNER)]
    return _cut(Text.assemble(spin, " ", (name, style), f" {duration(spent):>6} ", state), columns)


def _objects(count: int) -> str:
    return f"refreshing {count} object{'s' if count != 1 else ''}"


def _state(operation: Underway) -> Text:
    """What an operation does: its verb or its status, and a bar where it transfers."""
    words = operation.status or DOING[operation.action]
    if not operation.total:
        return Text(words)
    share = min(1.0, operation.done / operation.total)
    full = int(share * BAR)
    far = f" {share * 100:.0f}% of {quantity(operation.total, operation.unit)} {operation.status}"
    return Text.assemble(("━" * full, "green"), ("━" * (BAR - full), "bright_black"), far.rstrip())


def _cut(line: Text, columns: int) -> Text:
    line.truncate(max(1, columns), overflow="ellipsis")
    return line


def _fitted(name: str, columns: int) -> str:
    """A name in just so many columns; of a longer one the end, which tells instances apart."""
    if cell_len(name) > columns:
        while cell_len(name) >= columns:
            name = name[1:]
        name = "…" + name
    return name + " " * (columns - cell_len(name))
