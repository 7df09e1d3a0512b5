"""A package with settings in it, where no task changes that was not meant.

Two tasks may share a component, and two components an executor. Where their settings differ each gets its own copy under
a new label; the copy without settings, if there is one, keeps the old name.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import entries, mapping, text
from kfinfra.pipelines.tasks import executor_config, tasks_of

TASK_LEVEL = ("retry", "cache", "after")
"""Settings that the package keeps at the task, not at its executor."""


@dataclass(frozen=True, slots=True)
class Executor:
    """What a task's pod is made from: the executor in the PipelineSpec, and its configuration in the PlatformSpec."""

    spec: dict[str, Plain]
    config: dict[str, Plain]


@dataclass(frozen=True, slots=True)
class Appliers:
    """How settings are put in: into a task, and into its executor."""

    task: Callable[[dict[str, Plain], Attributes], dict[str, Plain]]
    executor: Callable[[Executor, Attributes, str], Executor]


def rewrite(package: Package, settings: Mapping[str, Attributes], appliers: Appliers) -> Package:
    """The package in which the task at each path of `settings` has them."""
    return _Rewriter(package, settings, appliers).result()


@dataclass
class _Names:
    """Who keeps an old name, and what the copies are called."""

    taken: set[str]
    keepers: dict[str, str] = field(default_factory=dict)
    copies: dict[tuple[str, str], str] = field(default_factory=dict)

    def claim(self, name: str, signature: str) -> None:
        """Notes that `name` is used with this signature; the empty one keeps the name, else the first to come."""
        if signature == _EMPTY or name not in self.keepers:
            self.keepers[name] = signature

    def name(self, old: str, signature: str) -> str:
        """The name of `old` with this signature."""
        if self.keepers.get(old) == signature:
            return old
        if (old, signature) not in self.copies:
            number = 2
            while f"{old}-{number}" in self.taken:
                number += 1
            self.taken.add(f"{old}-{number}")
            self.copies[old, signature] = f"{old}-{number}"
        return self.copies[old, signature]


_EMPTY = "{}"


class _Rewriter:
    def __init__(self, package: Package, settings: Mapping[str, Attributes], appliers: Appliers) -> None:
        self.package, self.settings, self.appliers = package, settings, appliers
        spec = copy.deepcopy(dict(package.spec))
        self.spec = spec
        self.components = mapping(spec, "components")
        self.executors = mapping(spec, "deploymentSpec", "executors")
        self.configs = mapping(package.platform, "platforms", "kubernetes", "deploymentSpec", "executors")
        self.component_names = _Names(set(self.components))
        self.executor_names = _Names(set(self.executors) | set(self.configs))

    def result(self) -> Package:
        for task in tasks_of(self.package.spec):
            signature = self.signature(task.path, task.is_group)
            self.component_names.claim(task.component, signature)
            if task.executor is not None:
                self.executor_names.claim(task.executor, signature)
        self.spec["root"] = self.dag(mapping(self.spec, "root"), "")
        self.spec["components"] = self.components
        self.spec["deploymentSpec"] = {**mapping(self.spec, "deploymentSpec"), "executors": self.executors}
        return Package(self.spec, self.platform())

    def signature(self, path: str, group: bool) -> str:
        """What distinguishes this use of a component: the settings beneath it."""
        if group:
            inside = {p.removeprefix(path): dict(s) for p, s in self.settings.items() if p.startswith(path + "/")}
            return json.dumps(inside, sort_keys=True)
        own = {k: v for k, v in self.settings.get(path, {}).items() if k not in TASK_LEVEL}
        return json.dumps(own, sort_keys=True)

    def dag(self, component: dict[str, Plain], prefix: str) -> dict[str, Plain]:
        """The component with its tasks' components renamed and their settings put in."""
        tasks: dict[str, Plain] = {}
        for name, task in entries(component, "dag", "tasks"):
            tasks[name] = self.task(mapping(task), prefix + name)
        return {**component, "dag": {**mapping(component, "dag"), "tasks": tasks}}

    def task(self, task: dict[str, Plain], path: str) -> dict[str, Plain]:
        old = text(task, "componentRef", "name")
        component = mapping(self.package.spec, "components", old)
        group = "dag" in component
        signature = self.signature(path, group)
        new = self.component_names.name(old, signature)
        if signature != _EMPTY:
            copied = copy.deepcopy(component)
            self.components[new] = self.dag(copied, path + "/") if group else self.leaf(copied, signature, path)
        out: dict[str, Plain] = {**task, "componentRef": {"name": new}}
        return self.appliers.task(out, self.settings[path]) if path in self.settings else out

    def leaf(self, component: dict[str, Plain], signature: str, path: str) -> dict[str, Plain]:
        old = text(component, "executorLabel")
        new = self.executor_names.name(old, signature)
        before = Executor(
            copy.deepcopy(mapping(self.package.spec, "deploymentSpec", "executors", old)),
            copy.deepcopy(executor_config(self.package.platform, old)),
        )
        after = self.appliers.executor(before, self.settings[path], path)
        self.executors[new] = after.spec
        if after.config:
            self.configs[new] = after.config
        return {**component, "executorLabel": new}

    def platform(self) -> dict[str, Plain] | None:
        """The PlatformSpec with the executors' configurations; None where there was none and none is needed."""
        if self.package.platform is None and not self.configs:
            return None
        platforms = mapping(self.package.platform, "platforms")
        kubernetes = mapping(platforms, "kubernetes")
        deployment = {**mapping(kubernetes, "deploymentSpec"), "executors": self.configs}
        if self.configs:
            kubernetes["deploymentSpec"] = deployment
        return {**mapping(self.package.platform), "platforms": {**platforms, "kubernetes": kubernetes}}
