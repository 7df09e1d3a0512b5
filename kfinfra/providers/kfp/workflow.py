"""The tasks of a run as Argo knows them. Pure.

What v2beta1 tells of a run's tasks has no parents, no pods and no reasons (api_converter.go, toApiPipelineTaskDetail); the
workflow itself, which v1beta1 gives as text (pipeline_runtime.workflow_manifest), has them all. Names of its nodes are paths:
`train-x7k.root.for-loop-2.iteration-iterations(0:0).iteration-item.fit.executor` (v2/compiler/argocompiler/dag.go).
"""

from __future__ import annotations

import base64
import gzip
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from kfinfra.model.runs import TaskRun
from kfinfra.providers.kfp.run_order import ordered

Node = Mapping[str, Any]
_STATES = {"Succeeded": "SUCCEEDED", "Failed": "FAILED", "Error": "FAILED", "Skipped": "SKIPPED", "Omitted": "SKIPPED"}
_STATES |= {"Running": "RUNNING", "Pending": "PENDING"}
_ITERATION = re.compile(r"iteration-iterations\((\d+):.*\)")
_EXECUTOR = re.compile(r"executor(\(\d+\))?")
_FALSE = re.compile(r"when '.*' evaluated false", re.DOTALL)
_PREFIX = 242
"""The most characters of a pod's name before its hash (argo-workflows, workflow/util/pod_name.go)."""


def nodes_of(manifest: str) -> dict[str, Node]:
    """The nodes of a workflow, by id; none where it has not begun. Raises ValueError for what is no workflow."""
    workflow = json.loads(manifest)
    if not isinstance(workflow, dict):
        raise ValueError("the workflow is no object")
    status = workflow.get("status") or {}
    found = status.get("nodes") or {}
    if status.get("compressedNodes"):
        found = json.loads(gzip.decompress(base64.b64decode(status["compressedNodes"])))
    return {str(key): {**node, "pod": _pod(workflow, node)} for key, node in found.items()}


def tasks_of(nodes: Mapping[str, Node]) -> list[TaskRun]:
    """The pipeline's tasks among the nodes, in the order of the graph."""
    tasks: dict[str, TaskRun] = {}
    executors: list[tuple[str, str, Node]] = []
    drivers: list[tuple[str, Node]] = []
    for node in nodes.values():
        place = _place(str(node.get("name") or ""))
        if place is None:
            continue
        match place.kind:
            case "executor":
                executors.append((place.path, str(node.get("name")), node))
            case "driver":
                drivers.append((place.path, node))
            case _:
                tasks[place.path] = _task(place.path, node)
    for path, _, node in sorted(executors, key=lambda e: (e[0], e[2].get("type") == "Retry", _began(e[2]), e[1])):
        if path in tasks:
            tasks[path] = _with_executor(tasks[path], node)
    for path, node in drivers:
        tasks = _with_driver(tasks, path, node)
    return ordered(tasks, nodes, _path_of)


def _path_of(name: str) -> str | None:
    place = _place(name)
    return place.path if place is not None else None


@dataclass(frozen=True, slots=True)
class _Place:
    kind: str
    path: str


def _place(name: str) -> _Place | None:
    """What a node is of which task; None for what holds the workflow together."""
    steps = name.split(".")[1:]
    if not steps or steps[0] != "root":
        return None
    path: list[str] = []
    kind = "task"
    for step in steps[1:]:
        kind = "task"
        if step == "onExit" and path:
            path.pop()
            kind = "helper"
        elif found := _ITERATION.fullmatch(step):
            path[-1:] = [f"{path[-1]}[{found[1]}]"] if path else []
        elif step in ("iteration-iterations", "iteration-item"):
            kind = "helper"
        elif _EXECUTOR.fullmatch(step):
            kind = "executor"
        elif step in ("iteration-driver", "iteration-item-driver"):
            kind = "driver"
        elif step.endswith("-driver"):
            path.append(step.removesuffix("-driver"))
            kind = "driver"
        else:
            path.append(step)
    return _Place(kind, "/".join(path)) if path and kind != "helper" else None


def _task(path: str, node: Node) -> TaskRun:
    state, message = _STATES.get(str(node.get("phase")), "PENDING"), str(node.get("message") or "")
    if _FALSE.fullmatch(message):
        message = "its condition is false"
    if message.startswith("workflow shutdown"):
        state, message = "CANCELED", "the run was terminated"
    return TaskRun(path, state, time_of(node.get("startedAt")), time_of(node.get("finishedAt")), message, _own_pod(node))


def _with_executor(task: TaskRun, node: Node) -> TaskRun:
    """The task with what its pod tells; where there are several attempts, the last one's, and what is told of all."""
    pod = _task(task.path, node)
    if pod.state == "SKIPPED":  # the driver found an earlier result: when '…cached-decision… != true' evaluated false
        return replace(task, message=task.message or "cached: the outputs are those of an earlier task")
    state = "PENDING" if pod.state == "PENDING" and task.state == "RUNNING" else task.state
    state = "CANCELED" if pod.state == "CANCELED" else state
    message = pod.message if state != "SUCCEEDED" and pod.message else task.message
    return replace(task, state=state, message=message, pod=pod.pod or task.pod)


def _with_driver(tasks: dict[str, TaskRun], path: str, node: Node) -> dict[str, TaskRun]:
    """A task whose driver fails is never begun: it has failed all the same, and the driver knows why."""
    driver = _task(path, node)
    found = tasks.get(path)
    if driver.state == "FAILED" and (found is None or found.state == "SKIPPED"):
        return {**tasks, path: driver}
    if found is None and driver.state in ("PENDING", "RUNNING"):
        return {**tasks, path: replace(driver, state="PENDING", pod="", message="")}
    return tasks


def _own_pod(node: Node) -> str:
    return str(node.get("pod") or "") if node.get("type") == "Pod" else ""


def _pod(workflow: Mapping[str, Any], node: Node) -> str:
    """The name of a node's pod, as Argo makes it (RetrievePodName in backend/src/common/util/workflow.go)."""
    metadata = workflow.get("metadata") or {}
    identifier, name = str(node.get("id") or ""), str(metadata.get("name") or "")
    if (metadata.get("annotations") or {}).get("workflows.argoproj.io/pod-name-format") == "v1" or node.get("name") == name:
        return identifier
    return f"{name}-{node.get('templateName') or ''}"[:_PREFIX] + "-" + identifier.rpartition("-")[2]


def _began(node: Node) -> float:
    return time_of(node.get("startedAt")) or 0.0


def time_of(text: object) -> float | None:
    """Seconds since the epoch of an RFC 3339 time; Go's zero time is none."""
    if not isinstance(text, str) or not text or text.startswith(("0001-", "1970-01-01T00:00:00")):
        return None
    return datetime.fromisoformat(text).timestamp()
