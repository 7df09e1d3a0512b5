"""What KFP makes of a package on Argo, where that differs from what the package says or is refused when a run is started.

Facts: backend/src/v2/compiler/argocompiler/{dag,container,common}.go of kubeflow/pipelines 2.17; workflow/validate/validate.go
and workflow/controller/operator.go (processNodeRetries) of argo-workflows 4.0.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from kfinfra.model.durations import seconds
from kfinfra.model.plain import Plain
from kfinfra.pipelines.reading import entries, mapping, text
from kfinfra.pipelines.references import upstream_of
from kfinfra.pipelines.tasks import PLATFORM_OPERATIONS, executor_config, tasks_of

LONGEST = 128
"""Characters of a template's or a task's name (workflowFieldMaxLength)."""
ROOT = "root"
_EXIT = "ALL_UPSTREAM_TASKS_COMPLETED"
_REPLACED = re.compile(r"\{\{\s*(?:=|(?:item|steps|inputs|pod|tasks)\.)[^}]*\}\}")
"""What Argo takes for its own in a task, and finds nothing for (GlobalVarValidWorkflowVariablePrefix)."""

Dags = Mapping[str, Mapping[str, Plain]]


@dataclass(frozen=True, slots=True)
class Oddity:
    """Something that does not run as it is written."""

    summary: str
    detail: str
    hint: str = ""


def refusals(spec: Mapping[str, Plain]) -> Iterator[Oddity]:
    """What Argo's validation refuses: the package is stored, and no run of it can be started."""
    for component, dag in _dags(spec).items():
        exits = {name for name, task in entries(dag) if is_exit(task)}
        for name, task in sorted(entries(dag)):
            yield from _names(component, name, task)
            yield from _tags(name, task)
            for upstream in sorted(upstream_of(task) & exits):
                yield Oddity(
                    "Task waits for an exit task",
                    f'Task "{name}" waits for "{upstream}", which KFP runs as an exit hook of what it follows itself: nothing '
                    "can wait for a hook.",
                    f'let "{name}" wait for what "{upstream}" waits for, or take ignore_upstream_failure away from "{upstream}"',
                )


def _names(component: str, name: str, task: Plain) -> Iterator[Oddity]:
    made = [f"exit-hook-{component}-{name}"] if is_exit(task) else []
    made += [f"{text(task, 'componentRef', 'name')}-{name}-iterator"] if _is_loop(task) else []
    longest = max([f"{name}-driver", *made], key=len)
    if len(longest) > LONGEST:
        detail = f'Task "{name}": KFP names a part of its workflow "{longest}", and Argo takes {LONGEST} characters at most.'
        yield Oddity("Name is too long", detail, f"make the task's name at least {len(longest) - LONGEST} characters shorter")
    if name[:1].isdigit() and upstream_of(task):
        detail = f'Task "{name}": Argo takes no name that begins with a digit for a task that waits for another.'
        yield Oddity("Name begins with a digit", detail, "rename the task")


def _tags(name: str, task: Plain) -> Iterator[Oddity]:
    found = _REPLACED.search(json.dumps(task, ensure_ascii=False))
    if found is not None:
        detail = f'Task "{name}": "{found.group()}" in what it is given is one of Argo\'s own variables, which it cannot resolve.'
        hint = "write it otherwise, or have the task read the text from an artifact or from its own code"
        yield Oddity("Text that Argo replaces", detail, hint)


def oddities(spec: Mapping[str, Plain], platform: Mapping[str, Plain] | None) -> Iterator[Oddity]:
    """What runs, but otherwise than it says."""
    for _, dag in _dags(spec).items():
        yield from _hooks(spec, dag)
        yield from _collected(spec, dag)
    for task in tasks_of(spec):
        yield from _retries(task.path, task.spec, executor_config(platform, task.executor or ""))


def _hooks(spec: Mapping[str, Plain], dag: Mapping[str, Plain]) -> Iterator[Oddity]:
    carried = hooks(spec, dag)
    for name, task in sorted(entries(dag)):
        if not is_exit(task):
            continue
        upstream, on = sorted(upstream_of(task)), sorted(carried.get(name, ()))
        detail = f'Task "{name}" runs however what it follows has ended, which KFP makes an exit hook of that; '
        if not on:
            why = "but it follows nothing" if not upstream else f"but {', '.join(upstream)} can carry none, or carries another's"
            hint = "let it follow a task or a group that is no loop and no importer, and that no other such task follows"
            yield Oddity("Task never runs", f"{detail}{why}.", hint)
        elif len(on) > 1:
            hint = "let it follow one task or group: an exit_handler guards several"
            yield Oddity("Task runs several times", f"{detail}it runs after each of {', '.join(on)} once.", hint)


def hooks(spec: Mapping[str, Plain], dag: Mapping[str, Plain]) -> dict[str, set[str]]:
    """The exit tasks of a group, each with the tasks beside it whose exit hook it is: a task has one hook, the last by name."""
    held: dict[str, str] = {}
    for name, task in sorted(entries(dag)):
        if is_exit(task):
            held |= dict.fromkeys(upstream_of(task), name)
    out: dict[str, set[str]] = {}
    for upstream, name in held.items():
        if upstream in dag and _carries(spec, dag[upstream]):
            out.setdefault(name, set()).add(upstream)
    return out


def _carries(spec: Mapping[str, Plain], task: Plain) -> bool:
    """Whether KFP's compiler gives a task an exit hook: loops, importers and what the driver does itself get none."""
    component = mapping(spec, "components", text(task, "componentRef", "name"))
    executor = mapping(spec, "deploymentSpec", "executors", text(component, "executorLabel"))
    image = text(executor, "container", "image")
    return not (_is_loop(task) or is_exit(task) or "importer" in executor or image in PLATFORM_OPERATIONS)


def _retries(path: str, task: Mapping[str, Plain], config: Mapping[str, Plain]) -> Iterator[Oddity]:
    retry = mapping(task, "retryPolicy")
    if not retry.get("maxRetryCount"):
        return
    factor = retry.get("backoffFactor")
    if isinstance(factor, float) and not factor.is_integer():
        detail = f'Task "{path}": Argo reads the backoff factor as a whole number, and {factor} fails the run.'
        hint = "write retry = { count = …, factor = 2 } in an override, or a whole number in the code"
        yield Oddity("Fraction as backoff factor", detail, hint)
    longest, deadline = seconds(text(retry, "backoffMaxDuration") or "0s"), config.get("activeDeadlineSeconds")
    if longest <= 0 or (isinstance(deadline, int | float) and longest < deadline):
        detail = (
            f'Task "{path}" is tried again only within {longest:g} s of its first start (backoffMaxDuration, as Argo reads it)'
        )
        detail += f", and may take {deadline:g} s." if deadline else ": never."
        hint = 'write retry = { …, max_backoff = "…" } with the time for all attempts'
        yield Oddity("Late failures are not retried", detail, hint)


def _collected(spec: Mapping[str, Plain], dag: Mapping[str, Plain]) -> Iterator[Oddity]:
    """What loops within loops give: the SDK's types say lists in a list, CollectInputs (v2/driver/resolve.go) makes one list."""
    for name, task in sorted(entries(dag)):
        for key, given in sorted(entries(task, "inputs", "parameters")):
            made = mapping(given, "taskOutputParameter")
            producer = mapping(dag.get(text(made, "producerTask")))
            if _is_loop(producer) and _loops_again(spec, producer, text(made, "outputParameterKey")):
                detail = f'Task "{name}" takes as "{key}" what loops within a loop have made. By kfp\'s types that is a list of '
                detail += "lists, and so the sandbox gives it; the driver of KFP 2.17 gives all of it in one list."
                hint = "have the task take both, or collect the inner loop in a task of the outer one"
                yield Oddity("Nested loops are collected into one list", detail, hint)


def _loops_again(spec: Mapping[str, Plain], loop: Plain, key: str) -> bool:
    """Whether an output of a loop is made by a loop within it."""
    component = mapping(spec, "components", text(loop, "componentRef", "name"))
    inner = mapping(component, "dag", "outputs", "parameters", key, "valueFromParameter")
    task = mapping(component, "dag", "tasks", text(inner, "producerSubtask"))
    return bool(task) and (_is_loop(task) or _loops_again(spec, task, text(inner, "outputParameterKey")))


def is_exit(task: Plain) -> bool:
    """Whether a task runs however what it depends on has ended."""
    return text(task, "triggerPolicy", "strategy") == _EXIT


def _is_loop(task: Plain) -> bool:
    return bool({"parameterIterator", "artifactIterator"} & mapping(task).keys())


def _dags(spec: Mapping[str, Plain]) -> Dags:
    """The tasks of each group, by its component."""
    found = {ROOT: mapping(spec, "root"), **{name: mapping(c) for name, c in entries(spec, "components")}}
    return {name: mapping(c, "dag", "tasks") for name, c in found.items() if "dag" in c}
