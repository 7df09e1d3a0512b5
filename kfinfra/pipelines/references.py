"""Names inside a package that must meet: components, executors, producers, inputs. The upload does not look; a run fails."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from kfinfra.diag import did_you_mean
from kfinfra.graph.order import CycleError, topological
from kfinfra.model import quantity
from kfinfra.model.plain import Plain
from kfinfra.pipelines.reading import entries, mapping, sequence, text
from kfinfra.pipelines.tasks import tasks_of

_SUPPLIED = ("TASK_FINAL_STATUS", "TASK_CONFIG")
"""Parameters that KFP fills in itself."""


def problems_of_graph(spec: Mapping[str, Plain]) -> Iterable[str]:
    """Sentences on every name that leads nowhere, from the root down; each component is looked at once."""
    seen: set[str] = set()
    waiting = [("", mapping(spec, "root"))] if "root" in spec else []
    while waiting:
        where, component = waiting.pop()
        yield from _component(spec, where, component)
        for name, task in sorted(entries(component, "dag", "tasks")):
            inner = text(task, "componentRef", "name")
            if inner in mapping(spec, "components") and inner not in seen:
                seen.add(inner)
                waiting.append((f"{where}/{name}".lstrip("/"), mapping(spec, "components", inner)))
    yield from _nesting(spec)


def _component(spec: Mapping[str, Plain], where: str, component: Mapping[str, Plain]) -> Iterator[str]:
    what = f'"{where}"' if where else "The root"
    if "dag" in component:
        tasks = mapping(component, "dag", "tasks")
        if not [t for t in tasks.values() if text(t, "triggerPolicy", "strategy") != "ALL_UPSTREAM_TASKS_COMPLETED"]:
            yield f"{what} holds no task besides exit tasks."
        for name, task in sorted(tasks.items()):
            path = f"{where}/{name}".lstrip("/")
            yield from (f'Task "{path}": {problem}' for problem in _task(spec, component, tasks, mapping(task)))
        yield from (f"{what}: {problem}" for problem in _outputs(spec, component, tasks))
        yield from (f"{what}: {problem}" for problem in _cycle(tasks))
    elif label := text(component, "executorLabel"):
        yield from (f"{what}: {problem}" for problem in _executor(spec, label))
    elif where:
        yield f"{what}: its component has neither a dag nor an executor."


def _executor(spec: Mapping[str, Plain], label: str) -> Iterator[str]:
    executors = mapping(spec, "deploymentSpec", "executors")
    if label not in executors:
        yield f'there is no executor "{label}".{did_you_mean(label, executors)}'
        return
    executor = mapping(executors, label)
    if not {"container", "importer"} & set(executor):
        kind = " or ".join(executor) or "empty"
        yield f'the executor "{label}" is {kind}: KFP on Kubernetes runs containers and importers only.'
    if "container" in executor and not text(executor, "container", "image"):
        yield f'the executor "{label}" has no image.'
    for name, value in entries(executor, "container", "resources"):
        if name.startswith("resource") and isinstance(value, str) and "{{" not in value:
            try:
                quantity.parse(value)
            except ValueError as problem:
                yield f'the executor "{label}", {name}: {problem}.'


def _task(
    spec: Mapping[str, Plain], parent: Mapping[str, Plain], tasks: Mapping[str, Plain], task: dict[str, Plain]
) -> Iterator[str]:
    name = text(task, "componentRef", "name")
    components = mapping(spec, "components")
    if name not in components:
        yield f'there is no component "{name}".{did_you_mean(name, components)}' if name else "it names no component."
        return
    component = mapping(components, name)
    executor = mapping(spec, "deploymentSpec", "executors", text(component, "executorLabel"))
    if "importer" in executor and text(task, "triggerPolicy", "condition"):
        yield "an importer cannot have a condition."
    for upstream in sequence(task, "dependentTasks"):
        if upstream not in tasks:
            yield f'it runs after "{upstream}", which is no task beside it.{did_you_mean(str(upstream), tasks)}'
    yield from _inputs(spec, parent, tasks, component, task)


def _inputs(
    spec: Mapping[str, Plain],
    parent: Mapping[str, Plain],
    tasks: Mapping[str, Plain],
    component: Mapping[str, Plain],
    task: Mapping[str, Plain],
) -> Iterator[str]:
    iterated = text(task, "parameterIterator", "itemInput") or text(task, "artifactIterator", "itemInput")
    for kind, source, key in (("parameters", "Parameter", "outputParameterKey"), ("artifacts", "Artifact", "outputArtifactKey")):
        wanted, given = mapping(component, "inputDefinitions", kind), mapping(task, "inputs", kind)
        for name, value in sorted(given.items()):
            outer = text(value, f"componentInput{source}")
            if outer and outer not in mapping(parent, "inputDefinitions", kind) and outer != iterated:
                yield f'"{name}" comes from the input "{outer}" of what holds it, which has none of this name.'
            if made := mapping(value, f"taskOutput{source}"):
                yield from _produced(spec, tasks, text(made, "producerTask"), kind, text(made, key))
        for name, definition in sorted(wanted.items()):
            if name not in given and name != iterated and _required(definition):
                yield f'its input "{name}" gets no value.'


def _required(definition: Plain) -> bool:
    found = mapping(definition)
    return not (found.get("isOptional") or "defaultValue" in found or found.get("parameterType") in _SUPPLIED)


def _produced(spec: Mapping[str, Plain], tasks: Mapping[str, Plain], producer: str, kind: str, key: str) -> Iterator[str]:
    if producer not in tasks:
        yield f'it takes an output of "{producer}", which is no task beside it.{did_you_mean(producer, tasks)}'
        return
    component = mapping(spec, "components", text(tasks[producer], "componentRef", "name"))
    outputs = mapping(component, "outputDefinitions", kind)
    if component and key not in outputs:
        yield f'it takes the output "{key}" of "{producer}", which has none of this name.{did_you_mean(key, outputs)}'


def _outputs(spec: Mapping[str, Plain], component: Mapping[str, Plain], tasks: Mapping[str, Plain]) -> Iterator[str]:
    for _, artifact in entries(component, "dag", "outputs", "artifacts"):
        for selector in sequence(artifact, "artifactSelectors"):
            yield from _produced(spec, tasks, text(selector, "producerSubtask"), "artifacts", text(selector, "outputArtifactKey"))
    for _, parameter in entries(component, "dag", "outputs", "parameters"):
        selectors = [*sequence(parameter, "valueFromOneof", "parameterSelectors")]
        selectors += [one for one in [mapping(parameter).get("valueFromParameter")] if one is not None]
        for selector in selectors:
            yield from _produced(
                spec, tasks, text(selector, "producerSubtask"), "parameters", text(selector, "outputParameterKey")
            )


def artifact_loops(spec: Mapping[str, Plain]) -> Iterable[str]:
    """The paths of tasks that iterate over artifacts, which the server stores but cannot run."""
    return (task.path for task in tasks_of(spec) if "artifactIterator" in task.spec)


def upstream_of(task: object) -> set[str]:
    """The tasks beside it that a task waits for: those it names, and those whose outputs it takes."""
    out = {str(name) for name in sequence(task, "dependentTasks")}
    for kind, source in (("parameters", "taskOutputParameter"), ("artifacts", "taskOutputArtifact")):
        out |= {text(value, source, "producerTask") for _, value in entries(task, "inputs", kind) if source in mapping(value)}
    return out


def _cycle(tasks: Mapping[str, Plain]) -> Iterator[str]:
    try:
        topological({name: sorted(upstream_of(task)) for name, task in tasks.items()})
    except CycleError as problem:
        yield f"its tasks wait for each other: {problem}."


def _nesting(spec: Mapping[str, Plain]) -> Iterator[str]:
    """A component that holds itself is never left again by KFP's compiler."""
    components = mapping(spec, "components")
    holds = {n: [text(t, "componentRef", "name") for _, t in entries(c, "dag", "tasks")] for n, c in components.items()}
    try:
        topological(holds)
    except CycleError as problem:
        yield f"A component holds itself: {problem}."
