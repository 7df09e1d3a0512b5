"""The order in which a run's tasks are told: that of the graph, as KFP's UI draws it, not that in which they happened to begin.

Pure. Argo links each node to those that waited for it (workflow/controller/dag.go, connectDependencies): what waits for a task
is a child of the last nodes in it, at whatever depth these lie. So a link between two nodes is one between the tasks, or groups,
in which their ways part.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias

from kfinfra.graph import CycleError, topological
from kfinfra.model.runs import TaskRun

Node: TypeAlias = Mapping[str, Any]
Level: TypeAlias = Mapping[str, int]
_ITEM = re.compile(r"(.*)\[(\d+)\]")


def ordered(tasks: Mapping[str, TaskRun], nodes: Mapping[str, Node], path_of: Callable[[str], str | None]) -> list[TaskRun]:
    """The tasks, each after all that it waited for; what waited for as much by name, iterations by number.

    `path_of` gives the path of the task that a node of this name belongs to, None where it belongs to none.
    """
    levels = _levels(_before(nodes, path_of))

    def place(path: str) -> tuple[tuple[int, str, int], ...]:
        steps, out = path.split("/"), []
        for depth, step in enumerate(steps):
            name, number = _parted(step)
            out.append((levels.get("/".join(steps[:depth]), {}).get(name, 0), name, number))
        return tuple(out)

    return sorted(tasks.values(), key=lambda task: place(task.path))


def _parted(step: str) -> tuple[str, int]:
    """A step's name, and the number of the iteration that it is; -1 where it is none."""
    found = _ITEM.fullmatch(step)
    return (found[1], int(found[2])) if found else (step, -1)


def _before(nodes: Mapping[str, Node], path_of: Callable[[str], str | None]) -> dict[str, dict[str, set[str]]]:
    """For each group the names in it, each with those beside it that it waited for."""
    paths = {key: path_of(str(node.get("name") or "")) for key, node in nodes.items()}
    out: dict[str, dict[str, set[str]]] = defaultdict(lambda: defaultdict(set))
    for key, path in paths.items():
        for later in _behind(key, nodes, paths) if path is not None else ():
            parted = _where_parted(path or "", later)
            if parted is not None:
                group, first, second = parted
                out[group][second].add(first)
    return out


def _behind(key: str, nodes: Mapping[str, Node], paths: Mapping[str, str | None]) -> Iterator[str]:
    """The paths of a node's children; in the place of what belongs to no task, that one's children's."""
    todo, seen = list(nodes[key].get("children") or ()), set[str]()
    while todo:
        child = todo.pop()
        if child in seen or child not in nodes:
            continue
        seen.add(child)
        path = paths[child]
        if path is None:
            todo.extend(nodes[child].get("children") or ())
        else:
            yield path


def _where_parted(path: str, later: str) -> tuple[str, str, str] | None:
    """The group in which two paths part, and the names of their ways on; None where one lies in the other."""
    one, two = path.split("/"), later.split("/")
    for depth, (left, right) in enumerate(zip(one, two, strict=False)):
        if left != right:
            first, second = _parted(left)[0], _parted(right)[0]
            return ("/".join(one[:depth]), first, second) if first != second else None
    return None


def _levels(groups: Mapping[str, Mapping[str, set[str]]]) -> dict[str, Level]:
    """How many tasks, at most, had to end one after another before each could begin, by group and name."""
    out: dict[str, Level] = {}
    for group, waits in groups.items():
        everything: dict[str, set[str]] = {name: set() for names in waits.values() for name in sorted(names)}
        everything |= {name: set(names) for name, names in sorted(waits.items())}
        level: dict[str, int] = {}
        try:
            for name in topological(everything):
                level[name] = max((level[n] + 1 for n in everything[name]), default=0)
        except CycleError:  # not Argo's: then by name
            level = {}
        out[group] = level
    return out
