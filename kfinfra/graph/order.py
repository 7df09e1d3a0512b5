"""A topological order that is the same for the same input, and the cycle where there is none."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Generic, TypeVar

Node = TypeVar("Node", bound=Hashable)


class CycleError(Exception, Generic[Node]):
    """There is no order: `cycle` holds the nodes, each depending on the next, the last on the first."""

    def __init__(self, cycle: list[Node]) -> None:
        self.cycle = cycle
        super().__init__(" -> ".join(map(str, cycle)))


def topological(dependencies: Mapping[Node, Collection[Node]]) -> list[Node]:
    """The keys of `dependencies`, each after what it depends on; otherwise in the mapping's order.

    Names that are not keys are left out. Raises CycleError. Iterative: depth is no limit.
    """
    order: list[Node] = []
    done: set[Node] = set()
    for start in dependencies:
        if start in done:
            continue
        if done.issuperset(dependencies[start]):  # most: what they need was there before them
            done.add(start)
            order.append(start)
        else:
            _visit(start, dependencies, done, order)
    return order


def cycles(dependencies: Mapping[Node, Collection[Node]], most: int = 10) -> list[list[Node]]:
    """Cycles of which no two have a node in common, at most so many; empty where there is an order."""
    left, found = dict(dependencies), list[list[Node]]()
    while len(found) < most:
        try:
            topological(left)
        except CycleError as problem:
            found.append(problem.cycle)
            for node in problem.cycle:
                del left[node]
        else:
            break
    return found


def _visit(start: Node, dependencies: Mapping[Node, Collection[Node]], done: set[Node], order: list[Node]) -> None:
    path = [start]
    on_path = {start}
    todo = [iter(dependencies[start])]
    while path:
        following = next(todo[-1], None)
        if following is None:
            todo.pop()
            node = path.pop()
            on_path.discard(node)
            done.add(node)
            order.append(node)
        elif following in on_path:
            raise CycleError(path[path.index(following) :])
        elif following in dependencies and following not in done:
            path.append(following)
            on_path.add(following)
            todo.append(iter(dependencies[following]))
