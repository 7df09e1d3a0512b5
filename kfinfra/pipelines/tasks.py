"""The tasks of a package by path, because executor labels are not task names and tasks hide in loops and conditions.

A task's path names the groups on its way: `for-loop-1/fit`. A group is a task whose component is a dag.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kfinfra.model.plain import Plain
from kfinfra.pipelines.reading import entries, mapping, text

PLATFORM_OPERATIONS = ("argostub/createpvc", "argostub/deletepvc")
"""Images that KFP's driver never runs: it does the work itself, so there is no pod to configure (backend/src/v2/driver)."""


@dataclass(frozen=True, slots=True)
class Task:
    """One use of a component in the pipeline; `executor` is None for a group."""

    path: str
    name: str
    component: str
    executor: str | None
    spec: Mapping[str, Plain] = field(default_factory=dict)
    shown: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """Its name, and the one that it is shown by (taskInfo.name) where that is another."""
        label = text(self.spec, "taskInfo", "name")
        return (self.name, label) if label not in ("", self.name) else (self.name,)

    @property
    def paths(self) -> tuple[str, ...]:
        """Its path by names, and by the names that it and the groups around it are shown by."""
        return (self.path, self.shown) if self.shown not in ("", self.path) else (self.path,)

    @property
    def is_group(self) -> bool:
        """Whether it holds other tasks instead of running anything."""
        return self.executor is None


def tasks_of(spec: Mapping[str, Plain]) -> Iterator[Task]:
    """Every task, groups before what they hold, by name within one group. A component within itself is not entered."""
    yield from _within(spec, mapping(spec, "root"), ("", ""), ())


def _within(
    spec: Mapping[str, Plain], component: Mapping[str, Plain], prefix: tuple[str, str], on_way: tuple[str, ...]
) -> Iterator[Task]:
    for name, task in sorted(entries(component, "dag", "tasks")):
        reference = text(task, "componentRef", "name")
        inner = mapping(spec, "components", reference)
        path, shown = prefix[0] + name, prefix[1] + (text(task, "taskInfo", "name") or name)
        if "dag" in inner:
            yield Task(path, name, reference, None, mapping(task), shown)
            if reference not in on_way:
                yield from _within(spec, inner, (path + "/", shown + "/"), (*on_way, reference))
        else:
            yield Task(path, name, reference, text(inner, "executorLabel"), mapping(task), shown)


def container_of(spec: Mapping[str, Plain], task: Task) -> dict[str, Plain] | None:
    """The container that a task's pod runs; None for groups, importers and what KFP does itself."""
    executor = mapping(spec, "deploymentSpec", "executors", task.executor or "")
    if "container" not in executor:
        return None
    container = mapping(executor, "container")
    return None if container.get("image") in PLATFORM_OPERATIONS else container


def executor_config(platform: Mapping[str, Plain] | None, label: str) -> dict[str, Plain]:
    """What the PlatformSpec says about an executor on Kubernetes."""
    return mapping(platform, "platforms", "kubernetes", "deploymentSpec", "executors", label)
