"""A cluster that runs scripted tasks: what each one does is a function of its name, inputs and attempt."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kfinfra.sandbox.runs.task import Outcome, Task

Script = Callable[[Task], Mapping[str, Any] | str]
"""Returns the output parameters, or the message of a failure."""


@dataclass
class Pods:
    """A Launcher. A task without a script succeeds with no outputs; one in `hangs` waits until the run is stopped."""

    scripts: Mapping[str, Script] = field(default_factory=dict)
    hangs: frozenset[str] = frozenset()
    started: list[Task] = field(default_factory=list)
    most: int = 0
    _now: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    gate: threading.Event | None = None

    def launch(self, task: Task, stop: threading.Event, pending: Callable[[str], None]) -> Outcome:
        """Runs the script."""
        with self._lock:
            self.started.append(task)
            self._now += 1
            self.most = max(self.most, self._now)
        try:
            pending("")
            if task.name in self.hangs:
                stop.wait(10)
                return Outcome("CANCELED", "stopped")
            if self.gate is not None:
                self.gate.wait(0.05)
            said = self.scripts.get(re.sub(r"^comp-|-[0-9]+$", "", task.component), lambda _: {})(task)
        finally:
            with self._lock:
                self._now -= 1
        if isinstance(said, str):
            return Outcome("FAILED", said, pod=f"pod-{task.name}")
        artifacts = {
            k: [{"name": f"{task.name}/{k}", "uri": f"{task.output_root}/{k}"}] for k in task.outputs.get("artifacts") or {}
        }
        return Outcome("SUCCEEDED", "", dict(said), artifacts, f"pod-{task.name}")

    def names(self) -> list[str]:
        """The tasks in the order of their beginning."""
        return [t.name for t in self.started]
