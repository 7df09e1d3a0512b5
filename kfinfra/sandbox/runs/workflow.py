"""A run's tasks as the real server tells them: the nodes of Argo's workflow, which hide the tasks among drivers and executors.

Facts: backend/src/v2/compiler/argocompiler/dag.go for the nodes' names, backend/src/apiserver/server/api_converter.go for what
v2beta1 tells of them (no parents, no pods, no reasons), pkg/apis/workflow/v1alpha1 of argo-workflows for ids and pods' names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kfinfra.sandbox.runs.links import linked

Wire = dict[str, Any]
_PHASES = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "SKIPPED": "Skipped", "CANCELED": "Failed", "RUNNING": "Running"}
_PHASES |= {"PENDING": "Pending", "CANCELING": "Running"}
_ITERATION = re.compile(r"(.*)\[(\d+)\]")
_ZERO = "0001-01-01T00:00:00Z"
CACHED = "cached: "
UNTRUE = "its condition is false: "


def node_name(workflow: str, path: str) -> str:
    """The name of the node of the task at `path` (`for-loop-1[2]/fit`)."""
    steps = [workflow, "root"]
    for step in path.split("/"):
        found = _ITERATION.fullmatch(step)
        steps += [found[1], f"iteration-iterations({found[2]}:{found[2]})", "iteration-item"] if found else [step]
    return ".".join(steps)


def node_id(workflow: str, name: str) -> str:
    """Argo's id of a node: FNV-1a of its name."""
    if name == workflow:
        return name
    code = 2166136261
    for byte in name.encode():
        code = (code ^ byte) * 16777619 & 0xFFFFFFFF
    return f"{workflow}-{code}"


def pod_name(workflow: str, path: str, attempt: int | None) -> str:
    """The name of the pod of a task's attempt; `attempt` is None where the task is not tried again."""
    name = _executor(node_name(workflow, path), attempt)
    return f"{workflow}-{_template(attempt)}-{node_id(workflow, name).rpartition('-')[2]}"


def _executor(name: str, attempt: int | None) -> str:
    return f"{name}.executor" + ("" if attempt is None else f"({attempt})")


def _template(attempt: int | None) -> str:
    return "system-container-impl" if attempt is None else "retry-system-container-impl"


def workflow_of(run: Mapping[str, Any], name: str) -> Wire:
    """The workflow of a run (as the run engine keeps it), with all its nodes."""
    tasks = (run.get("run_details") or {}).get("task_details") or ()
    state = str(run.get("state") or "PENDING")
    nodes: list[Wire] = []
    if tasks or state not in ("PENDING",):
        phase, message = _PHASES.get(state, "Running"), (run.get("error") or {}).get("message", "")
        ends = {"startedAt": run.get("created_at"), "finishedAt": run.get("finished_at") or _ZERO}
        nodes.append(_node(name, name, "DAG", phase, ends, message))
        nodes.append(_node(name, f"{name}.root-driver", "Pod", "Succeeded", ends))
        nodes.append(_node(name, f"{name}.root", "DAG", phase, ends))
    by_id = {task["task_id"]: task for task in tasks}
    paths = {str(task["task_id"]): _path(task, by_id) for task in tasks}
    for task in tasks:
        nodes += _nodes(name, task, paths[task["task_id"]])
    linked(nodes, tasks, {task: node_name(name, path) for task, path in paths.items()})
    status = {"phase": _PHASES.get(state, "Running"), "nodes": {node["id"]: node for node in nodes}}
    return {"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "metadata": {"name": name}, "status": status}


def _path(task: Mapping[str, Any], by_id: Mapping[str, Mapping[str, Any]]) -> str:
    parent = by_id.get(str(task.get("parent_task_id")))
    own = str(task["display_name"])
    return own if parent is None else f"{_path(parent, by_id)}/{own}"


def _nodes(workflow: str, task: Mapping[str, Any], path: str) -> Iterator[Wire]:
    """The nodes of one task: its driver, its own, and its executor's."""
    name, message, state = node_name(workflow, path), _message(task), str(task["state"])
    times = {"startedAt": task.get("start_time") or task.get("create_time"), "finishedAt": task.get("end_time") or _ZERO}
    attempts: Sequence[Mapping[str, Any]] = task.get("attempts") or ()
    loop = _ITERATION.fullmatch(str(task["display_name"]))
    if loop is not None:
        name = name.removesuffix(".iteration-item")
    driver = f"{name}.iteration-item-driver" if loop is not None else f"{name}-driver"
    if state == "FAILED" and not attempts and not task.get("child_tasks") and loop is None:
        yield _node(workflow, driver, "Pod", "Failed", times, message)
        yield _node(workflow, name, "Skipped", "Omitted", times, "omitted: depends condition not met")
        return
    if state == "SKIPPED" and not message.startswith(UNTRUE):
        yield _node(workflow, name, "Skipped", "Omitted", times, "omitted: depends condition not met")
        return
    yield _node(workflow, driver, "Pod", "Succeeded" if state != "PENDING" or attempts else "Pending", times)
    if state == "SKIPPED":
        yield _node(workflow, name, "Skipped", "Skipped", times, "when 'false != false' evaluated false")
    elif state != "PENDING" or attempts:
        phase = "Running" if state == "PENDING" else _PHASES[state]
        yield _node(workflow, name, "DAG", phase, times, _shutdown(state))
        yield from _executors(workflow, f"{name}.iteration-item" if loop is not None else name, task, attempts, times)


def _executors(
    workflow: str, name: str, task: Mapping[str, Any], attempts: Sequence[Mapping[str, Any]], times: Mapping[str, Any]
) -> Iterator[Wire]:
    state, message = str(task["state"]), _message(task)
    if message.startswith(CACHED):
        yield _node(workflow, _executor(name, None), "Skipped", "Skipped", times, "when 'true != true' evaluated false")
    retried = any(a["attempt"] is not None for a in attempts)
    if retried:
        yield _node(workflow, _executor(name, None), "Retry", _PHASES[state], times, message if state == "RUNNING" else "")
    for number, attempt in enumerate(attempts, 1):
        phase, words = "Failed", ""
        if number == len(attempts):
            phase, words = _PHASES[state], "" if retried and state == "RUNNING" else _shutdown(state) or message
        node = _node(workflow, _executor(name, attempt["attempt"]), "Pod", phase, times, words)
        yield {**node, "templateName": _template(attempt["attempt"])}


def _shutdown(state: str) -> str:
    return "workflow shutdown with strategy:  Terminate" if state == "CANCELED" else ""


def _message(task: Mapping[str, Any]) -> str:
    history = task.get("state_history") or [{}]
    return str((history[-1].get("error") or {}).get("message") or "")


def _node(workflow: str, name: str, kind: str, phase: str, times: Mapping[str, Any], message: str = "") -> Wire:
    own: Wire = {"id": node_id(workflow, name), "name": name, "displayName": name.removeprefix(f"{name.rpartition('.')[0]}.")}
    own |= {"type": kind, "phase": phase, **times}
    return {**own, **({"message": message} if message else {})}


def served(run: Wire, name: str) -> Wire:
    """The run as v2beta1 tells it."""
    details = run.get("run_details")
    if not details:
        return run
    told = []
    for node in workflow_of(run, name)["status"]["nodes"].values():
        state = {"Omitted": "RUNTIME_STATE_UNSPECIFIED", "Error": "FAILED"}.get(node["phase"], str(node["phase"]).upper())
        one = {"run_id": run["run_id"], "task_id": f"{node['id']}-task", "display_name": node["displayName"], "state": state}
        one |= {"create_time": run.get("created_at"), "start_time": node["startedAt"], "end_time": node["finishedAt"]}
        if state == "RUNTIME_STATE_UNSPECIFIED":
            del one["state"]
        if node.get("children"):
            one["child_tasks"] = [{"pod_name": child} for child in node["children"]]
        told.append(one)
    return {**run, "run_details": {"task_details": told}}


def older(run: Wire, name: str) -> Wire:
    """The run as v1beta1 tells it: its workflow is a text."""
    shown = {"id": run["run_id"], "name": run["display_name"], "status": _PHASES.get(str(run.get("state")), "Running")}
    return {"run": shown, "pipeline_runtime": {"workflow_manifest": json.dumps(workflow_of(run, name))}}
