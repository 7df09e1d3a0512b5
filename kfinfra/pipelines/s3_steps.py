"""`s3_inputs` and `s3_outputs` of a task: folders that are copied from S3 before it, and to S3 after it.

A pod's own scratch space is gone when the pod is, so only a claim can be filled by a task before and emptied by one after.
On a claim the copying is a task of its own (the component s3_sync, which ships with kfinfra); on scratch space it is done
in the task's pod, around its command. Credentials are the pods': the run's service account (IRSA), never in the package.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import mapping, sequence, text
from kfinfra.pipelines.references import upstream_of
from kfinfra.pipelines.s3_wrapping import Copy, sync_component, wrapped
from kfinfra.pipelines.tasks import Task, tasks_of

SETTINGS = ("s3_inputs", "s3_outputs")


class Pod(NamedTuple):
    """A step's executor: in the PipelineSpec, and its configuration in the PlatformSpec."""

    spec: dict[str, Plain]
    config: dict[str, Plain]


Prepare = Callable[[Pod], Pod]
"""Puts into a step's pod what holds for every task of the pipeline: placement, labels, environment."""


def with_s3_steps(package: Package, settings: Mapping[str, Attributes], prepare: Prepare) -> Package:
    """The package in which each task of `settings` (by path) that names folders of S3 has them copied.

    Raises DiagnosticError for a folder that lies on no volume, and where copying in a task of its own cannot be held.
    """
    if not any(text(one, "path") for s in settings.values() for name in SETTINGS for one in sequence(s, name)):
        return package
    return _Steps(package, prepare).added(settings)


@dataclass(frozen=True, slots=True)
class _Around:
    """What is copied for a task, by the kind of volume that the folder is on."""

    task: Task
    before: list[Copy]
    after: list[Copy]


class _Steps:
    def __init__(self, package: Package, prepare: Prepare) -> None:
        self.spec = copy.deepcopy(dict(package.spec))
        self.platform = copy.deepcopy(dict(package.platform or {}))
        self.prepare = prepare
        self.components = mapping(self.spec, "components")
        self.executors = mapping(self.spec, "deploymentSpec", "executors")
        self.configs = mapping(self.platform, "platforms", "kubernetes", "deploymentSpec", "executors")
        self.holders = {"": "", **{t.path: t.component for t in tasks_of(package.spec) if t.is_group}}
        self.tasks = {t.path: t for t in tasks_of(package.spec)}
        self.wrapped: set[str] = set()
        self.held: set[tuple[str, str]] = set()

    def added(self, settings: Mapping[str, Attributes]) -> Package:
        for path, wanted in settings.items():
            around = _Around(self.tasks[path], *(_copies(wanted, name) for name in SETTINGS))
            if around.before or around.after:
                self._around(around)
        self.spec["components"] = self.components
        self.spec["deploymentSpec"] = {**mapping(self.spec, "deploymentSpec"), "executors": self.executors}
        return Package(self.spec, self._platform())

    def _platform(self) -> dict[str, Plain] | None:
        if not self.platform and not self.configs:
            return None
        platforms = mapping(self.platform, "platforms")
        kubernetes = mapping(platforms, "kubernetes")
        kubernetes["deploymentSpec"] = {**mapping(kubernetes, "deploymentSpec"), "executors": self.configs}
        return {**self.platform, "platforms": {**platforms, "kubernetes": kubernetes}}

    def _around(self, around: _Around) -> None:
        task, config = around.task, mapping(self.configs, around.task.executor or "")
        claims: dict[bool, list[Copy]] = {False: [], True: []}
        inside: dict[bool, list[Copy]] = {False: [], True: []}
        for after, copies in ((False, around.before), (True, around.after)):
            for one in copies:
                (claims if _on_claim(config, one, task.path, after=after) else inside)[after].append(one)
        if inside[False] or inside[True]:
            self._wrap(task, inside[False], inside[True])
        if claims[False] or claims[True]:
            self._beside(task, claims[False], claims[True], config)

    def _wrap(self, task: Task, before: list[Copy], after: list[Copy]) -> None:
        label = task.executor or ""
        if label in self.wrapped:
            return
        self.wrapped.add(label)
        executor = mapping(self.executors, label)
        self.executors[label] = {**executor, "container": wrapped(mapping(executor, "container"), before, after, task.path)}

    def _beside(self, task: Task, before: list[Copy], after: list[Copy], config: Mapping[str, Plain]) -> None:
        """Tasks of their own, in the group that holds the task; what depends on the task waits for what comes after it."""
        holder = self.holders[task.path.rpartition("/")[0]]
        if (holder, task.name) in self.held:
            return
        self.held.add((holder, task.name))
        group = mapping(self.spec, "root") if not holder else mapping(self.components, holder)
        tasks = mapping(group, "dag", "tasks")
        own = mapping(tasks, task.name)
        if text(own, "triggerPolicy", "strategy") == "ALL_UPSTREAM_TASKS_COMPLETED":
            detail = f"Task {task.path} runs whatever becomes of the tasks before it, so it would run without its folder too."
            hint = 'give it scratch = { path = "…", size = "…" } around the folder: then its own pod copies'
            raise DiagnosticError(error("Steps around a task that always runs", detail, hint=hint))
        first = [self._step(tasks, f"{task.name}-s3-inputs", c, config, sorted(upstream_of(own)), task) for c in before]
        last = [self._step(tasks, f"{task.name}-s3-outputs", c, config, [task.name], task) for c in after]
        for name, other in list(tasks.items()):
            if name not in last and task.name in upstream_of(mapping(other)):
                tasks[name] = _after(mapping(other), last)
        tasks[task.name] = _after(own, first)
        changed: dict[str, Plain] = {**group, "dag": {**mapping(group, "dag"), "tasks": tasks}}
        if holder:
            self.components[holder] = changed
        else:
            self.spec["root"] = changed

    def _step(
        self, tasks: dict[str, Plain], stem: str, one: Copy, config: Mapping[str, Plain], upstream: list[str], task: Task
    ) -> str:
        """Adds the task that copies one folder; returns its name."""
        name = _free(stem, {*tasks})
        component, executor = sync_component()
        mounts: dict[str, Plain] = {
            "pvcMount": [m for m in sequence(config, "pvcMount") if _holds(text(m, "mountPath"), one.folder)]
        }
        pod = self.prepare(Pod(executor, mounts))
        label = _free(f"exec-{name}", {*self.executors, *self.configs})
        self.executors[label], self.configs[label] = pod.spec, pod.config
        reference = _free(f"comp-{name}", {*self.components})
        self.components[reference] = {**component, "executorLabel": label}
        parameters: dict[str, Plain] = {n: {"runtimeValue": {"constant": v}} for n, v in one.arguments.items()}
        tasks[name] = {
            "taskInfo": {"name": name},
            "componentRef": {"name": reference},
            "cachingOptions": {},
            "inputs": {"parameters": parameters},
            **({"dependentTasks": list[Plain](upstream)} if upstream else {}),
            **({"retryPolicy": task.spec["retryPolicy"]} if "retryPolicy" in task.spec else {}),
        }
        return name


def _copies(settings: Attributes, name: str) -> list[Copy]:
    return [
        Copy(text(one, "bucket"), text(one, "prefix").strip("/"), text(one, "path").rstrip("/"), to_s3=name == "s3_outputs")
        for one in sequence(settings, name)
    ]


def _on_claim(config: Mapping[str, Plain], one: Copy, path: str, *, after: bool) -> bool:
    """Whether the folder is on a claim, not on space of the pod's own. Raises DiagnosticError where it is on no volume."""
    found: list[tuple[int, bool]] = []
    for field, claim in (("pvcMount", True), ("emptyDirMounts", False), ("genericEphemeralVolume", False)):
        for item in sequence(config, field):
            if _holds(text(item, "mountPath"), one.folder):
                found.append((len(text(item, "mountPath").rstrip("/")), claim))
    if not found:
        detail = f"Task {path}: {one.folder} of {SETTINGS[after]} is on no volume of the task."
        hint = 'mount a claim there (mounts = [{ pvc = …, path = "…" }]) or give it scratch = { path = "…", size = "…" }'
        raise DiagnosticError(error("Folder is on no volume", detail, hint=hint))
    return max(found)[1]


def _holds(mount: str, folder: str) -> bool:
    return f"{folder}/".startswith(mount.rstrip("/") + "/")


def _after(task: dict[str, Plain], names: list[str]) -> dict[str, Plain]:
    known = sequence(task, "dependentTasks")
    return {**task, "dependentTasks": [*known, *(n for n in names if n not in known)]} if names else task


def _free(name: str, taken: set[str]) -> str:
    number, out = 2, name
    while out in taken:
        out, number = f"{name}-{number}", number + 1
    return out
