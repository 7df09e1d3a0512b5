"""What a run tells of its tasks: `run_details.task_details` of the API, kept up to date while it runs."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from kfinfra.sandbox.runs.values import Inputs

Wire = dict[str, Any]


def timestamp() -> str:
    """The time as RFC 3339, to the millisecond."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Details:
    """The tasks of one run. `changed` is called after each change, outside the lock."""

    def __init__(self, run_id: str, changed: Callable[[list[Wire]], None]) -> None:
        self._run, self._changed = run_id, changed
        self._lock = threading.Lock()
        self._tasks: dict[str, Wire] = {}

    def add(self, name: str, parent: str, after: Iterable[str] = (), inputs: Inputs | None = None) -> str:
        """A task that has come into being: PENDING. `after` are the tasks beside it that it waited for. Returns its id."""
        identifier = str(uuid.uuid4())
        wire: Wire = {"run_id": self._run, "task_id": identifier, "display_name": name, "create_time": timestamp()}
        if parent:
            wire["parent_task_id"] = parent
        if waited := sorted(after):
            wire["after"] = waited
        if inputs is not None and inputs.artifacts:
            wire["inputs"] = {
                key: {"artifact_ids": [str(a.get("name", "")) for a in found]} for key, found in inputs.artifacts.items()
            }
        with self._lock:
            self._tasks[identifier] = wire
            if parent in self._tasks:
                self._tasks[parent].setdefault("child_tasks", []).append({"task_id": identifier})
        self.state(identifier, "PENDING")
        return identifier

    def state(self, identifier: str, state: str, message: str = "", pod: str = "") -> None:
        """A new state. `message` says why it failed, or what it waits for."""
        error = {"code": 2, "message": message} if message else None
        with self._lock:
            wire = self._tasks[identifier]
            last = (wire.get("state_history") or [{}])[-1]
            if last.get("state") == state and (last.get("error") or {}).get("message", "") == message:
                return
            entry = {"update_time": timestamp(), "state": state, **({"error": error} if error else {})}
            wire["state"] = state
            wire.setdefault("state_history", []).append(entry)
            if state == "RUNNING":
                wire.setdefault("start_time", entry["update_time"])
            if state in ("SUCCEEDED", "FAILED", "SKIPPED", "CANCELED"):
                wire["end_time"] = entry["update_time"]
                if error and state == "FAILED":
                    wire["error"] = error
            if pod:
                wire["pod_name"] = pod
        self._tell()

    def attempt(self, identifier: str, pod: str, number: int | None) -> None:
        """An attempt begins, in a pod; `number` is None where there is but one."""
        with self._lock:
            wire = self._tasks[identifier]
            wire["attempts"] = [*wire.get("attempts", ()), {"pod": pod, "attempt": number}]
            wire["pod_name"] = pod
        self._tell()

    def outputs(self, identifier: str, artifacts: Mapping[str, list[Mapping[str, Any]]]) -> None:
        """What the task has made."""
        if artifacts:
            found = {key: {"artifact_ids": [str(a.get("name", "")) for a in made]} for key, made in artifacts.items()}
            with self._lock:
                self._tasks[identifier]["outputs"] = found

    def _tell(self) -> None:
        with self._lock:
            tasks = [dict(t) for t in self._tasks.values()]
        self._changed(tasks)
