"""A run of a pipeline as its views and commands see it: which tasks, in which states, since when. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

FINISHED = ("SUCCEEDED", "SKIPPED", "FAILED", "CANCELED")


@dataclass(frozen=True, slots=True)
class TaskRun:
    """One task of a run. `path` names the groups on its way; times are seconds since the epoch; `pod` may be unknown ("")."""

    path: str
    state: str
    started: float | None = None
    ended: float | None = None
    message: str = ""
    pod: str = ""


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """A run. `version` is the version's id where it ran one; times are seconds since the epoch."""

    id: str
    name: str
    state: str
    pipeline: str = ""
    version: str = ""
    experiment: str = ""
    created: float | None = None
    ended: float | None = None
    message: str = ""
    tasks: tuple[TaskRun, ...] = field(default=())
    parameters: Mapping[str, object] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether nothing will change any more."""
        return self.state in FINISHED

    @property
    def succeeded(self) -> bool:
        """Whether it did what it should."""
        return self.state in ("SUCCEEDED", "SKIPPED")
