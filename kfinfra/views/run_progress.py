"""A run that is followed: its tasks drawn in place on a terminal, a line for each change elsewhere."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Protocol, TextIO

from kfinfra.model.runs import PipelineRun, TaskRun
from kfinfra.views.cells import columns, window
from kfinfra.views.durations import duration
from kfinfra.views.region import Region, terminal_size
from kfinfra.views.run_text import task_line

_CODES = re.compile(r"\x1b\[[0-9;]*m")


class RunView(Protocol):
    """Who is told what a run looks like now."""

    def seen(self, run: PipelineRun) -> None:
        """The run as the server just told it."""

    def close(self) -> None:
        """Nothing more comes."""


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

    def close(self) -> None:
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
        self._draw(run, [])

    def _draw(self, run: PipelineRun, above: list[str]) -> None:
        wide, rows = self._region.size()
        lines = [] if above else [_fitted(line, wide - 1) for line in _lines(run, max(3, rows - 2), self._clock())]
        self._region.draw(above, lines)

    def close(self) -> None:
        """The last picture stays, scrolled away."""
        if self._last is not None:
            self._draw(self._last, list(_lines(self._last, len(self._last.tasks) + 2, self._clock())))


def _lines(run: PipelineRun, room: int, now: float) -> list[str]:
    ended = run.ended or now
    took = duration(max(0.0, ended - run.created)) if run.created is not None else ""
    done = sum(t.state in ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED") for t in run.tasks)
    head = f"{run.name}: {run.state} {took}, {done} of {len(run.tasks)} tasks done"
    shown = list(run.tasks) if len(run.tasks) < room else _most_wanted(run.tasks, room - 2)
    width = max((len(t.path) for t in shown), default=0)
    more = [f"  and {len(run.tasks) - len(shown)} more"] if len(shown) < len(run.tasks) else []
    return [head, *(task_line(task, width, now, color=True) for task in shown), *more]


def _most_wanted(tasks: tuple[TaskRun, ...], room: int) -> list[TaskRun]:
    """What runs, fails or waits before what has ended well, in the order of the tasks."""
    order = sorted(range(len(tasks)), key=lambda i: tasks[i].state in ("SUCCEEDED", "SKIPPED"))[:room]
    return [tasks[i] for i in sorted(order)]


def _took(task: TaskRun, now: float) -> str:
    return "" if task.started is None else duration(max(0.0, (task.ended or now) - task.started))


def _fitted(line: str, room: int) -> tuple[str, int]:
    """The line with its colours where it fits, else cut without them; and the columns that it takes."""
    bare = _CODES.sub("", line)
    if columns(bare) <= room:
        return line, columns(bare)
    cut, _ = window(list(bare), 0, room)
    return cut, columns(cut)
