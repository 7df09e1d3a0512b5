"""`after` of a task: tasks of the same group that it waits for besides those whose outputs it takes."""

from __future__ import annotations

import copy
from collections.abc import Mapping

from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.graph import CycleError, topological
from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.package import Package
from kfinfra.pipelines.reading import entries, mapping, sequence
from kfinfra.pipelines.references import upstream_of
from kfinfra.pipelines.tasks import tasks_of


def with_order(package: Package, settings: Mapping[str, Attributes]) -> Package:
    """The package in which each task of `settings` (by path) waits for those that its `after` names.

    Raises DiagnosticError for a name that its group does not hold, and for tasks that would wait for each other.
    """
    wanted = {path: [str(n) for n in sequence(s, "after")] for path, s in settings.items() if sequence(s, "after")}
    if not wanted:
        return package
    spec = copy.deepcopy(dict(package.spec))
    components = mapping(spec, "components")
    holders = {"": "", **{t.path: t.component for t in tasks_of(package.spec) if t.is_group}}
    problems: list[Diagnostic] = []
    for path, names in wanted.items():
        group, _, name = path.rpartition("/")
        holder = holders[group]
        component = mapping(components, holder) if holder else mapping(spec, "root")
        tasks = mapping(component, "dag", "tasks")
        problems += [_unknown(path, missing, tasks) for missing in names if missing not in tasks]
        own = mapping(tasks, name)
        known = sequence(own, "dependentTasks")
        tasks[name] = {**own, "dependentTasks": [*known, *(n for n in names if n not in known)]}
        problems += _circle(tasks)
        ordered: dict[str, Plain] = {**component, "dag": {**mapping(component, "dag"), "tasks": tasks}}
        if holder:
            components[holder] = ordered
        else:
            spec["root"] = ordered
    if problems:
        raise DiagnosticError(problems)
    return Package({**spec, "components": components}, package.platform)


def _unknown(path: str, missing: str, tasks: Mapping[str, Plain]) -> Diagnostic:
    detail = f'Task {path}: there is no task "{missing}" beside it.{did_you_mean(missing, tasks)}'
    return error("Unknown task in after", detail, hint="after names tasks of the same group; a group is a task of its own")


def _circle(tasks: Mapping[str, Plain]) -> list[Diagnostic]:
    try:
        topological({name: sorted(upstream_of(mapping(task))) for name, task in entries(tasks)})
    except CycleError as problem:
        names = " after ".join(map(str, [*problem.cycle, problem.cycle[0]]))
        return [error("Tasks wait for each other", f"{names}: none of them could ever run.", hint="take one name out of after")]
    return []
