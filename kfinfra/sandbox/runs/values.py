"""A task's inputs, resolved as KFP's driver resolves them: constants, the group's inputs, outputs of other tasks, the status.

Facts: backend/src/v2/driver/resolve.go of kubeflow/pipelines 2.16. A parameter without a value is left to the component's own
default; a group passes defaults on; a value of another type than the declared one is an error, but anything can be a STRING.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Wire = Mapping[str, Any]
Artifacts = dict[str, list[Mapping[str, Any]]]

_KINDS = {"NUMBER_INTEGER": "number", "NUMBER_DOUBLE": "number", "BOOLEAN": "bool", "LIST": "list", "STRUCT": "struct"}


class Unresolved(Exception):
    """An input has no value, or one of a wrong type: the driver's pod fails, and the task with it."""


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is the same for every task of a run. Times are RFC 3339; `root` is the folder of its artifacts."""

    id: str
    name: str
    resource_name: str
    pipeline: str
    namespace: str
    root: str
    service_account: str
    created: str = ""
    scheduled: str = ""


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a task or a group is given."""

    parameters: dict[str, Any] = field(default_factory=dict)
    artifacts: Artifacts = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """How a task ended."""

    state: str
    message: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    artifacts: Mapping[str, list[Mapping[str, Any]]] = field(default_factory=dict)

    @property
    def ran(self) -> bool:
        """Whether anything of it was started, well or not."""
        return self.state in ("SUCCEEDED", "FAILED", "CANCELED")


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a task stands: the run, what its group was given, and how the tasks beside it ended."""

    run: RunFacts
    given: Inputs
    results: Mapping[str, Result]


def resolved(name: str, task: Wire, component: Wire, scope: Scope) -> Inputs:
    """The inputs of the task `name`. Raises Unresolved."""
    declared = (component.get("inputDefinitions") or {}).get("parameters") or {}
    wanted = task.get("inputs") or {}
    out = Inputs()
    if "dag" in component:
        _defaults(declared, wanted.get("parameters") or {}, out.parameters)
    for key, spec in (wanted.get("parameters") or {}).items():
        about = declared.get(key) or {}
        try:
            value = _parameter(name, spec, task, scope)
        except _Missing as problem:
            if about.get("isOptional") or "defaultValue" in about:
                continue
            raise Unresolved(f"failed to resolve inputs: {problem}") from problem
        if selector := spec.get("parameterExpressionSelector"):
            value = _selected(key, value, selector)
        out.parameters[key] = value
    for key, spec in (wanted.get("artifacts") or {}).items():
        found = _artifact(key, spec, scope)
        if found is None and not (component.get("inputDefinitions", {}).get("artifacts", {}).get(key) or {}).get("isOptional"):
            raise Unresolved(f"failed to resolve inputs: failed to resolve input artifact {key}: nothing has made it")
        if found is not None:
            out.artifacts[key] = found
    _check_types(declared, out.parameters, _iterated(task))
    return out


class _Missing(Exception):
    """There is no value, which an optional input may lack."""


def _defaults(declared: Wire, given: Wire, out: dict[str, Any]) -> None:
    for key, about in declared.items():
        if key not in given and about.get("isOptional"):
            out[key] = about.get("defaultValue")


def _iterated(task: Wire) -> set[str]:
    """The item of a loop, which only its iterations have."""
    iterator = task.get("parameterIterator") or {}
    return {iterator["itemInput"]} if "itemInput" in iterator else set()


def _parameter(name: str, spec: Wire, task: Wire, scope: Scope) -> Any:
    if "runtimeValue" in spec:
        return _constant(name, spec["runtimeValue"].get("constant"), scope.run)
    if "componentInputParameter" in spec:
        key = spec["componentInputParameter"]
        if key not in scope.given.parameters:
            raise Unresolved(f"failed to resolve inputs: parent DAG does not have input parameter {key}")
        if scope.given.parameters[key] is None:
            raise _Missing(f"the resolved input parameter is null: {key}")
        return scope.given.parameters[key]
    if "taskOutputParameter" in spec:
        made = spec["taskOutputParameter"]
        result, key = scope.results.get(made["producerTask"]), made["outputParameterKey"]
        if result is None or key not in result.parameters:
            raise _Missing(f"{made['producerTask']} has no output parameter {key}")
        return result.parameters[key]
    if "taskFinalStatus" in spec:
        return _status((task.get("dependentTasks") or [""])[0], scope)
    raise Unresolved(f"failed to resolve inputs: parameter spec {json.dumps(spec)} not implemented yet")


def _constant(name: str, value: Any, run: RunFacts) -> Any:
    """A constant; the driver replaces one that is exactly a placeholder, and nothing within a longer text."""
    known = {
        "{{$.pipeline_job_name}}": run.name,
        "{{$.pipeline_job_resource_name}}": run.resource_name,
        "{{$.pipeline_job_uuid}}": run.id,
        "{{$.pipeline_task_name}}": name,
        "{{$.pipeline_task_uuid}}": f"{run.id}/{name}",
        "{{$.pipeline_job_create_time_utc}}": run.created,
        "{{$.pipeline_job_schedule_time_utc}}": run.scheduled,
    }
    return known.get(value, value) if isinstance(value, str) else value


def _status(of: str, scope: Scope) -> dict[str, Any]:
    """A PipelineTaskFinalStatus as protojson has it."""
    result = scope.results.get(of)
    error = {"message": result.message} if result is not None and result.message else {}
    return {
        "state": result.state if result is not None else "",
        "pipelineTaskName": of,
        "pipelineJobResourceName": scope.run.resource_name,
        "error": error,
    }


def _selected(key: str, value: Any, selector: str) -> Any:
    """`parseJson(string_value)["a"]`: an expression over the value, as the SDK writes it for a loop item's fields."""
    from kfinfra.sandbox.runs.conditions import evaluate

    try:
        return evaluate(selector, {"string_value": value if isinstance(value, str) else json.dumps(value)})
    except ValueError as problem:
        raise Unresolved(f"resolving parameter {key}: evaluation of parameter expression selector failed: {problem}") from problem


def _artifact(key: str, spec: Wire, scope: Scope) -> list[Mapping[str, Any]] | None:
    if "componentInputArtifact" in spec:
        return scope.given.artifacts.get(spec["componentInputArtifact"])
    made = spec.get("taskOutputArtifact") or {}
    result = scope.results.get(made.get("producerTask", ""))
    return result.artifacts.get(made.get("outputArtifactKey", "")) if result is not None else None


def _check_types(declared: Wire, values: dict[str, Any], iterated: set[str]) -> None:
    for key, about in declared.items():
        if key in iterated:
            continue
        if key not in values:
            if not about.get("isOptional") and "defaultValue" not in about and about.get("parameterType") not in _SUPPLIED:
                raise Unresolved(f'neither value nor default value provided for non-optional parameter "{key}"')
            continue
        values[key] = typed(key, values[key], str(about.get("parameterType")))


_SUPPLIED = ("TASK_CONFIG",)


def typed(key: str, value: Any, kind: str) -> Any:
    """The value as a parameter of that type has it. Raises Unresolved where it is of another one."""
    if value is None:
        return None
    if kind == "STRING":
        return value if isinstance(value, str) else as_text(value)
    if kind == "NUMBER_INTEGER" and isinstance(value, float) and value.is_integer():
        return int(value)
    found = _kind(value)
    if kind in _KINDS and found != _KINDS[kind]:
        raise Unresolved(f'input parameter "{key}" type mismatch: expect {kind}, got {found}')
    return value


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "bool"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "list"
        case _:
            return "struct"


def as_text(value: Any) -> str:
    """A value as text: whole numbers without a fraction, the rest as JSON (metadata.PbValueToText)."""
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case float() if value.is_integer() and abs(value) < 1e21:
            return str(int(value))
        case int() | float():
            return repr(value)
        case None:
            return ""
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def root_inputs(root: Wire, given: Mapping[str, Any]) -> Inputs:
    """What the pipeline itself is given: the run's parameters, defaults where there are none. Raises Unresolved."""
    declared = (root.get("inputDefinitions") or {}).get("parameters") or {}
    out: dict[str, Any] = {}
    for key, about in declared.items():
        if key in given:
            out[key] = typed(key, given[key], str(about.get("parameterType")))
        elif "defaultValue" in about:
            out[key] = typed(key, about["defaultValue"], str(about.get("parameterType")))
        elif about.get("isOptional"):
            out[key] = None
        else:
            raise Unresolved(f'neither value nor default value provided for non-optional parameter "{key}"')
    return Inputs(out)
