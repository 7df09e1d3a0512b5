"""A pipeline's groups, run as Argo runs what KFP compiles: tasks when all that they wait for has succeeded, side by side.

Facts: backend/src/v2/compiler/argocompiler/dag.go of kubeflow/pipelines 2.16: a dependency must have *succeeded* (one that was
skipped does not count); a task with ALL_UPSTREAM_TASKS_COMPLETED is an exit hook of what it depends on, and does not undo its
failure; a group has failed if any of its tasks has.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from kfinfra.pipelines.argo import hooks, is_exit
from kfinfra.pipelines.references import upstream_of
from kfinfra.sandbox.runs.conditions import holds
from kfinfra.sandbox.runs.details import Details
from kfinfra.sandbox.runs.values import Inputs, Result, RunFacts, Scope, Unresolved, resolved, typed

Wire = Mapping[str, Any]
_MOST = 64
"""Threads for the tasks of one group: Argo's own limit is the cluster's."""


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a component with an executor: everything that a task's attempts are made from."""

    name: str
    path: str
    node: str
    task: Wire
    component: Wire
    inputs: Inputs
    scope: Scope


Leaf = Callable[[Use], Result]


class Dag:
    """A run's groups. `leaf` runs a task that has an executor; `stop` ends the run."""

    def __init__(self, spec: Wire, run: RunFacts, details: Details, leaf: Leaf, stop: threading.Event) -> None:
        self._spec = spec
        self._components = spec.get("components") or {}
        self._run, self._details, self._leaf, self._stop = run, details, leaf, stop

    def group(self, component: Wire, given: Inputs, path: str, node: str) -> Result:
        """Runs a group's tasks to their end."""
        tasks: Wire = component["dag"].get("tasks") or {}
        results: dict[str, Result] = {}
        running: dict[Future[Result], str] = {}
        with ThreadPoolExecutor(_MOST, thread_name_prefix="task") as pool:
            while len(results) + len(running) < len(tasks) or running:
                for name in self._ready(tasks, results, running.values()):
                    why = self._omitted(name, tasks, results)
                    if why is not None:
                        results[name] = self._skipped(name, tasks[name], node, why)
                    else:
                        scope = Scope(self._run, given, dict(results))
                        running[pool.submit(self._task, name, tasks[name], scope, path, node)] = name
                    break
                else:
                    if not running:
                        raise ValueError(f"tasks that wait for each other: {sorted(tasks.keys() - results.keys())}")
                    done, _ = wait(running, return_when=FIRST_COMPLETED)
                    results |= {running.pop(future): future.result() for future in done}
        return self._together(component, tasks, results)

    def _ready(self, tasks: Wire, results: Mapping[str, Result], running: Iterable[str]) -> Iterator[str]:
        busy = {*results, *running}
        return (name for name in sorted(tasks) if name not in busy and upstream_of(tasks[name]) <= results.keys())

    def _omitted(self, name: str, tasks: Wire, results: Mapping[str, Result]) -> str | None:
        """Why the task is not run, None where it is. An exit task is the exit hook of what it follows, where that has one."""
        if self._stop.is_set():
            return "the run was terminated"
        before = {upstream: results[upstream] for upstream in sorted(upstream_of(tasks[name]))}
        if is_exit(tasks[name]):
            carrying = hooks(self._spec, tasks).get(name, set())
            if not carrying:
                return "it is the exit hook of no task: KFP never runs it"
            return None if any(before[upstream].ran for upstream in carrying) else "what it would follow was not run"
        missed = next((upstream for upstream, result in before.items() if result.state != "SUCCEEDED"), None)
        return None if missed is None else f"{missed} did not succeed ({before[missed].state})"

    def _skipped(self, name: str, task: Wire, node: str, why: str) -> Result:
        identifier = self._details.add(name, node, upstream_of(task))
        self._details.state(identifier, "CANCELED" if self._stop.is_set() else "SKIPPED", why)
        return Result("CANCELED" if self._stop.is_set() else "SKIPPED", why)

    def _task(self, name: str, task: Wire, scope: Scope, path: str, parent: str) -> Result:
        component = self._components[task["componentRef"]["name"]]
        own = f"{path}/{name}".lstrip("/")
        node = self._details.add(name, parent, upstream_of(task))
        try:
            inputs = resolved(name, task, component, scope)
            condition = (task.get("triggerPolicy") or {}).get("condition")
            if condition and not holds(condition, inputs.parameters):
                return self._ended(node, Result("SKIPPED", f"its condition is false: {condition}"))
        except (Unresolved, ValueError) as problem:
            return self._ended(node, Result("FAILED", str(problem)))
        if "parameterIterator" in task:
            return self._ended(node, self._loop(name, task, component, inputs, own, node, parent))
        if "artifactIterator" in task:
            return self._ended(node, Result("FAILED", "artifact iterator not implemented yet"))
        if "dag" in component:
            self._details.state(node, "RUNNING")
            return self._ended(node, self.group(component, inputs, own, node))
        return self._ended(node, self._leaf(Use(name, own, node, task, component, inputs, scope)))

    def _ended(self, node: str, result: Result) -> Result:
        self._details.outputs(node, result.artifacts)
        self._details.state(node, result.state, result.message)
        return result

    # loops

    def _loop(self, name: str, task: Wire, component: Wire, inputs: Inputs, path: str, node: str, parent: str) -> Result:
        """A task for each item, at most as many at once as the limit says."""
        self._details.state(node, "RUNNING")
        iterator = task["parameterIterator"]
        items, among = _items(iterator, inputs)
        if isinstance(items, str):  # a STRING that holds JSON is a list too (getItems in v2/driver/util.go)
            items = _parsed(items)
        if not isinstance(items, list):
            return Result("FAILED", f"the items of the loop are no list: {json.dumps(items)}")
        limit = int((task.get("iteratorPolicy") or {}).get("parallelismLimit") or 0)
        shared = {key: value for key, value in inputs.parameters.items() if key != among}
        kind = str(
            (((component.get("inputDefinitions") or {}).get("parameters") or {}).get(iterator["itemInput"]) or {}).get(
                "parameterType"
            )
        )

        def one(index: int) -> Result:
            if self._stop.is_set():
                return Result("CANCELED", "the run was terminated")
            own = self._details.add(f"{name}[{index}]", parent)
            self._details.state(own, "RUNNING")
            try:
                item = typed(iterator["itemInput"], items[index], kind)
            except Unresolved as problem:
                return self._ended(own, Result("FAILED", str(problem)))
            given = Inputs({**shared, iterator["itemInput"]: item}, inputs.artifacts)
            if "dag" in component:
                return self._ended(own, self.group(component, given, f"{path}[{index}]", own))
            scope = Scope(self._run, given, {})
            return self._ended(own, self._leaf(Use(name, f"{path}[{index}]", own, task, component, given, scope)))

        with ThreadPoolExecutor(min(limit or _MOST, _MOST), thread_name_prefix="iteration") as pool:
            results = list(pool.map(one, range(len(items))))
        return _gathered(results)

    # what a group gives

    def _together(self, component: Wire, tasks: Wire, results: Mapping[str, Result]) -> Result:
        failed = sorted(name for name in tasks if results[name].state == "FAILED")
        if self._stop.is_set():
            return Result("CANCELED", "the run was terminated")
        if failed:
            return Result("FAILED", f"{', '.join(failed)} failed")
        return Result("SUCCEEDED", "", *_outputs(component["dag"].get("outputs") or {}, results))


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _items(iterator: Wire, inputs: Inputs) -> tuple[Any, str]:
    """The items, and the input that they came in by."""
    source = iterator["items"]
    if "inputParameter" in source:
        return inputs.parameters.get(source["inputParameter"]), str(source["inputParameter"])
    return json.loads(source["raw"]), ""


def _gathered(results: list[Result]) -> Result:
    """A loop's result: of each output a list, in the order of the items.

    An inner loop's parameters are lists within it, as the types of Collected say; its artifacts, which have no lists within
    lists, are joined.
    """
    if any(r.state == "CANCELED" for r in results):
        return Result("CANCELED", "the run was terminated")
    failed = [str(index) for index, r in enumerate(results) if r.state == "FAILED"]
    if failed:
        return Result("FAILED", f"iteration{'s' if len(failed) > 1 else ''} {', '.join(failed)} failed")
    parameters: dict[str, list[Any]] = {}
    artifacts: dict[str, list[Mapping[str, Any]]] = {}
    for result in results:
        for key, value in result.parameters.items():
            parameters.setdefault(key, []).append(value)
        for key, found in result.artifacts.items():
            artifacts.setdefault(key, []).extend(found)
    return Result("SUCCEEDED", "", parameters, artifacts)


def _outputs(outputs: Wire, results: Mapping[str, Result]) -> tuple[dict[str, Any], dict[str, list[Mapping[str, Any]]]]:
    """A group's outputs: each from the one task that makes it, or from the first of several branches that has run."""
    parameters: dict[str, Any] = {}
    artifacts: dict[str, list[Mapping[str, Any]]] = {}
    for key, spec in (outputs.get("parameters") or {}).items():
        selectors = (spec.get("valueFromOneof") or {}).get("parameterSelectors") or [spec.get("valueFromParameter") or {}]
        for selector in selectors:
            result, inner = results.get(selector.get("producerSubtask", "")), selector.get("outputParameterKey", "")
            if result is not None and inner in result.parameters:
                parameters[key] = result.parameters[inner]
                break
    for key, spec in (outputs.get("artifacts") or {}).items():
        for selector in spec.get("artifactSelectors") or ():
            result, inner = results.get(selector.get("producerSubtask", "")), selector.get("outputArtifactKey", "")
            if result is not None and inner in result.artifacts:
                artifacts[key] = result.artifacts[inner]
                break
    return parameters, artifacts
