"""One attempt at one task: what the run engine asks of whoever starts its container. Plain data, no processes here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol


@dataclass(frozen=True, slots=True)
class Task:
    """What one attempt is made of. Mappings are the protobuf messages of pipeline_spec.proto in their JSON form.

    `name` is the task's path in the run, iterations in brackets: `for-loop-1[2]/fit`. `executor` is the entry of
    deploymentSpec.executors (container), `kubernetes` the executor's entry of the platform spec with every parameter
    reference resolved. `parameters` and `artifacts` are ExecutorInput's inputs (an artifact's value is a list of
    RuntimeArtifact); `outputs` are the component's outputDefinitions; `timeout` is in seconds, None for none; `pod` is what its
    pod is called.
    """

    run_id: str
    run_name: str
    pipeline: str
    name: str
    attempt: int
    namespace: str
    component: str
    executor: Mapping[str, Any]
    kubernetes: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    output_root: str = ""
    service_account: str = ""
    timeout: float | None = None
    pod: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: its output parameters (typed as the backend has them) and artifacts, or why it failed."""

    state: Literal["SUCCEEDED", "FAILED", "CANCELED"]
    message: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)
    pod: str = ""


class Launcher(Protocol):
    """Starts containers: a pod of the cluster there, a child process here."""

    def launch(self, task: Task, stop: threading.Event, pending: Callable[[str], None]) -> Outcome:
        """Runs one attempt to its end, in the calling thread; ends it soon after `stop` is set (state CANCELED).

        `pending` is called with the scheduler's words while no node takes the task, and with "" once it is placed.
        """
        ...
