"""Which tasks an `override "name"` means: a path, a bare name that is unambiguous, or a pattern with `*`.

Groups go by KFP's names or by their labels; a path may leave out the groups around its first one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.model.plain import Attributes, Path
from kfinfra.pipelines.dag.failure import SettingsError
from kfinfra.pipelines.dag.structure import kfp_name
from kfinfra.pipelines.layering import layered
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.tasks import Task, container_of, tasks_of


def settings_by_task(
    package: Package,
    defaults: Attributes | None,
    overrides: Mapping[str, Attributes],
    own: Mapping[str, Attributes] = MappingProxyType({}),
) -> dict[str, Attributes]:
    """Per task path the settings that hold for it: defaults, then the task's own block, then patterns as written, then names.

    Raises SettingsError for an override that means no task, several where one is meant, or none that has a pod.
    """
    tasks = list(tasks_of(package.spec))
    pods = {t.path for t in tasks if container_of(package.spec, t) is not None}
    layers: dict[str, list[Attributes]] = {path: [defaults] if defaults else [] for path in sorted(pods)}
    problems: list[tuple[Path, Diagnostic]] = []
    for label, settings in own.items():
        path = _path_of(label, tasks)
        if path not in pods:
            detail = f'"{label}" runs a pipeline: its tasks have pods of their own, and it has none to set anything of.'
            hint = f'override "{label}/*" sets what is in it'
            problems.append((("dag", f"task.{label}"), error("Settings of a task without a pod", detail, hint=hint)))
        else:
            layers[path].append(settings)
    for name in precedence(overrides):
        try:
            for path in _chosen(name, tasks, pods):
                layers[path].append(overrides[name])
        except DiagnosticError as problem:
            problems += [(("override", name), diagnostic) for diagnostic in problem.diagnostics]
    if problems:
        raise SettingsError(problems)
    return {path: layered(found) for path, found in layers.items() if found}


def precedence(overrides: Iterable[str]) -> list[str]:
    """The overrides' names, each above those before it: patterns as written, then paths and names."""
    return sorted(overrides, key=lambda name: "*" not in name)


_GROUPS = r"((for-loop|condition|condition-branches|exit-handler)-\d+/)*"
"""The names that KFP gives groups; what stands in others is another pipeline's."""


def _path_of(label: str, tasks: Sequence[Task]) -> str:
    """The path of the task that a pipeline in HCL gives this label."""
    own = re.compile(_GROUPS + re.escape(kfp_name(label)))
    return next((t.path for t in tasks if own.fullmatch(t.path)), "")


def _chosen(name: str, tasks: Sequence[Task], pods: set[str]) -> Iterable[str]:
    if "*" in name:
        wanted = _pattern(name)
        inside = [t for t in tasks if t.path in pods]
        found = [t.path for t in inside if any(map(wanted.fullmatch, t.paths if "/" in name else t.names))]
        found = found or [t.path for t in inside if "/" in name and any(map(wanted.fullmatch, _ends(t)))]
        if not found:
            raise DiagnosticError(_unknown(f'No task matches "{name}". {_listed(pods)}'))
        return found
    exact = [t for t in tasks if t.path == name] or [t for t in tasks if name in t.paths]
    exact = exact or [t for t in tasks if t.name == name] or [t for t in tasks if name in t.names]
    exact = exact or [t for t in tasks if "/" in name and name in _ends(t)]
    if not exact:
        known = {known for t in tasks for known in (*t.paths, *t.names)}
        raise DiagnosticError(_unknown(f'The pipeline has no task "{name}".{did_you_mean(name, known)} {_listed(pods)}'))
    if len(exact) > 1:
        paths = ", ".join(f'"{t.path}"' for t in exact)
        detail = f'{len(exact)} tasks are named "{name}": {paths}.'
        raise DiagnosticError(error("Ambiguous override", detail, hint=f'write the path of one, or "*/{name}" for all in groups'))
    (task,) = exact
    if task.path not in pods:
        raise DiagnosticError(_no_pod(task, pods))
    return [task.path]


def _ends(task: Task) -> set[str]:
    """The task's paths from any group on: `loop/fit` of `exit-handler-1/loop/fit`."""
    steps = [path.split("/") for path in task.paths]
    return {"/".join(way[start:]) for way in steps for start in range(len(way) - 1)}


def _pattern(name: str) -> re.Pattern[str]:
    return re.compile("".join("[^/]*" if part == "*" else re.escape(part) for part in re.split(r"(\*)", name)))


def _listed(pods: set[str]) -> str:
    names = sorted(pods)
    shown = ", ".join(names[:12]) + (f" and {len(names) - 12} more" if len(names) > 12 else "")
    return f"Its tasks are {shown}." if names else "It has no task that runs in a pod."


def _unknown(detail: str) -> Diagnostic:
    return error("Override of a task that does not exist", detail, hint="an override is named after a task of the package")


def _no_pod(task: Task, pods: set[str]) -> Diagnostic:
    if task.is_group:
        inside = sorted(p for p in pods if p.startswith(task.path + "/"))
        detail = f'"{task.path}" is a group: it runs no pod of its own. It holds {", ".join(inside) or "no task that does"}.'
        return error("Override of a group", detail, hint=f'override "{task.path}/*" sets what is in it')
    detail = f'"{task.path}" runs in no pod of its own: KFP itself imports an artifact, or makes or deletes a claim, there.'
    return error("Override of a task without a pod", detail, hint="remove the override")
