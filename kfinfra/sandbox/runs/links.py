"""Which node of a workflow is another's child, as Argo has it (workflow/controller/dag.go, connectDependencies).

What waits for nothing is a child of the node that it stands in; what waits for tasks is a child of the last nodes in them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Wire = dict[str, Any]
_ITEM = ".iteration-item"


def linked(nodes: Sequence[Wire], tasks: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
    """Writes their children into the nodes. `names` are those of the tasks' own nodes, by the tasks' ids."""
    links = _Links(nodes, tasks, names)
    for node in nodes:
        for parent in links.parents(str(node["name"])):
            links.by_name[parent].setdefault("children", []).append(node["id"])


class _Links:
    """The nodes by name, the tasks by where they stand, and what each task's first node waits for."""

    def __init__(self, nodes: Sequence[Wire], tasks: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> None:
        self.by_name = {str(node["name"]): node for node in nodes}
        self._names = names
        self._inside: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
        self._executors: dict[str, str] = {}
        for name in self.by_name:
            if ".executor" in name:
                self._executors[name.rpartition(".executor")[0]] = name
        beside: dict[tuple[Any, str], str] = {}
        for task in tasks:
            identifier, own = str(task["task_id"]), str(task["display_name"])
            beside[task.get("parent_task_id"), own] = identifier
            loop = beside.get((task.get("parent_task_id"), own.partition("[")[0])) if own.endswith("]") else None
            self._inside[loop or str(task.get("parent_task_id"))].append(task)
        self._waits: dict[str, list[str]] = {}
        for task in tasks:
            upstream = (beside.get((task.get("parent_task_id"), name)) for name in task.get("after") or ())
            awaited = [name for each in upstream if each is not None for name in self._last(each)]
            if awaited:
                self._waits[self._first(names[task["task_id"]])] = awaited

    def parents(self, name: str) -> list[str]:
        """The names of the nodes that one is a child of."""
        if name in self._waits:
            return self._waits[name]
        driver = f"{name}-driver"
        return [driver] if driver in self.by_name else list(self._around(name))

    def _around(self, name: str) -> Iterator[str]:
        while name := name.rpartition(".")[0]:
            if name in self.by_name:
                yield name
                return

    def _first(self, name: str) -> str:
        """A task's first node: its driver, or itself where it has none."""
        return f"{name}-driver" if f"{name}-driver" in self.by_name else name

    def _last(self, identifier: str) -> list[str]:
        """The last nodes in a task: its own, or in a group those of the tasks that no other waits for."""
        inside = self._inside.get(identifier, [])
        awaited = {name for task in inside for name in task.get("after") or ()}
        ends = [str(task["task_id"]) for task in inside if task["display_name"] not in awaited]
        if ends:
            return [name for each in ends for name in self._last(each)]
        own = self._names[identifier]
        known = (self._executors.get(own, ""), own, own.removesuffix(_ITEM), f"{own}-driver")
        return [name for name in known if name in self.by_name][:1]
