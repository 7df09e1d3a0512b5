"""Inputs that kfp's compiler gives groups by mistake, taken away.

A loop over a list of objects, within a condition or an exit handler, leaves the groups around it an input for each field
of an item that a task takes (kfp 2.16, 2.17: compiler_utils.get_inputs_for_all_groups). It comes from an input that nobody
has, so that the run would fail, and nothing in the group uses it.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping

from kfinfra.model.plain import Plain
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import entries, mapping, text

_ITEM = "loop-item-param-"


def without_strays(package: Package) -> Package:
    """The package without such inputs."""
    spec = copy.deepcopy(dict(package.spec))
    removed = False
    while strays := list(_strays(spec)):
        for task, component, name in strays:
            removed = True
            _parameters(task, "inputs").pop(name, None)
            _parameters(component, "inputDefinitions").pop(name, None)
            for holder, field in ((task, "inputs"), (component, "inputDefinitions")):
                if holder.get(field) == {"parameters": {}}:
                    del holder[field]
    return Package(spec, package.platform) if removed else package


def _parameters(holder: dict[str, Plain], field: str) -> dict[str, Plain]:
    """The parameters themselves, to be changed in place."""
    inside = holder.get(field)
    found = inside.get("parameters") if isinstance(inside, dict) else None
    return found if isinstance(found, dict) else {}


def _strays(spec: dict[str, Plain]) -> Iterator[tuple[dict[str, Plain], dict[str, Plain], str]]:
    components = spec.get("components")
    if not isinstance(components, dict):
        return
    for holder in (spec.get("root"), *components.values()):
        defined = mapping(holder, "inputDefinitions", "parameters")
        dag = holder.get("dag") if isinstance(holder, dict) else None
        tasks = dag.get("tasks") if isinstance(dag, dict) else None
        for task in tasks.values() if isinstance(tasks, dict) else ():
            inner = components.get(text(task, "componentRef", "name"))
            if not isinstance(task, dict) or not isinstance(inner, dict) or "dag" not in inner:
                continue
            for name, value in entries(task, "inputs", "parameters"):
                source = text(value, "componentInputParameter")
                if _ITEM in source and source not in defined and not _used(task, inner, name):
                    yield task, inner, name


def _used(task: Mapping[str, Plain], inner: Mapping[str, Plain], name: str) -> bool:
    """Whether the group's own condition or anything in it takes the input."""
    if name in json.dumps([task.get("triggerPolicy"), task.get("parameterIterator")]):
        return True
    return any(f'"{name}"' in json.dumps([mapping(t).get(f) for f in _TAKING]) for _, t in entries(inner, "dag", "tasks"))


_TAKING = ("inputs", "parameterIterator", "artifactIterator")
