"""A run that is followed: its tasks drawn in place on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol, TextIO

from kfinfra.model.runs import PipelineRun, TaskRun
from kfinfra.views.cells import columns, window
from kfinfra.views.durations import duration
from kfinfra.views.region import Region, terminal_size
from kfinfra.views.run_rows import Row, drawn, outline


class RunView(Protocol):
    """Who is told what a run looks like now."""

    def seen(self, run: PipelineRun) -> None:
        """The run as the server just told it."""

    def close(self, keep: bool = True) -> None:
        """Nothing more comes; `keep`: what is drawn stays."""


class PlainRun:
    """A line whenever a task or the run changes its state, or says something new."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.time) -> None:
        self._stream, self._clock = stream, clock
        self._told: dict[str, tuple[str, str]] = {}

    def seen(self, run: PipelineRun) -> None:
        """Tells of what has changed, tasks first."""
        for task in run.tasks:
            took = _took(task, self._clock()) if task.ended is not None else ""
            self._tell(task.path, task.state, task.message, took)
        self._tell(f'run "{run.name}"', run.state, run.message, "")
        self._stream.flush()

    def _tell(self, what: str, state: str, message: str, took: str) -> None:
        if self._told.get(what) == (state, message):
            return
        self._told[what] = (state, message)
        said = f": {message}" if message else ""
        self._stream.write(f"{what}: {state}{f' after {took}' if took else ''}{said}\n")

    def close(self, keep: bool = True) -> None:
        """Nothing is left to be said."""


class LiveRun:
    """The tasks in a region at the bottom of a terminal; what does not fit is counted."""

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = time.time,
        size: Callable[[], tuple[int, int]] = terminal_size,
    ) -> None:
        self._region, self._clock = Region(stream, size), clock
        self._last: PipelineRun | None = None

    def seen(self, run: PipelineRun) -> None:
        """Draws the run anew."""
        self._last = run
        self._draw(run)

    def _draw(self, run: PipelineRun) -> None:
        wide, rows = self._region.size()
        self._region.draw([], _lines(run, max(3, rows - 2), wide - 1, self._clock()))

    def close(self, keep: bool = True) -> None:
        """The last picture stays, scrolled away; or it goes, where the run is shown again elsewhere on the terminal."""
        if self._last is None:
            return
        whole = _lines(self._last, len(self._last.tasks) + 2, self._region.size()[0] - 1, self._clock())
        self._region.draw([line for line, _ in whole] if keep else [], [])


def _lines(run: PipelineRun, room: int, wide: int, now: float) -> list[tuple[str, int]]:
    ended = run.ended or now
    took = duration(max(0.0, ended - run.created)) if run.created is not None else ""
    done = sum(t.state in ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED") for t in run.tasks)
    head = f"{run.name}: {run.state} {took}, {done} of {len(run.tasks)} tasks done"
    rows = outline(run.tasks)
    shown = rows if len(rows) < room else _most_wanted(rows, room - 2)
    more = [f"  and {len(rows) - len(shown)} more"] if len(shown) < len(rows) else []
    return [_fitted(head, wide), *drawn(shown, now, wide), *(_fitted(line, wide) for line in more)]


def _most_wanted(rows: Sequence[Row], room: int) -> list[Row]:
    """What runs, fails or waits before what has ended well, in the order of the tasks."""
    order = sorted(range(len(rows)), key=lambda i: rows[i][1].state in ("SUCCEEDED", "SKIPPED"))[:room]
    return [rows[i] for i in sorted(order)]


def _took(task: TaskRun, now: float) -> str:
    return "" if task.started is None else duration(max(0.0, (task.ended or now) - task.started))


def _fitted(line: str, room: int) -> tuple[str, int]:
    """The line, cut where it does not fit, and the columns that it takes."""
    cut = line if columns(line) <= room else window(list(line), 0, room)[0]
    return cut, columns(cut)
