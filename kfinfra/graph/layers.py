"""Where the nodes of a drawing stand: in columns by depth, ordered so that few edges cross (Sugiyama's method)."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic

from kfinfra.graph.order import Node, topological

SWEEPS = 8


@dataclass(frozen=True, slots=True)
class Slot(Generic[Node]):
    """A place in a column: a node's, or one that an edge longer than a column passes through (`bend` > 0)."""

    node: Node
    towards: Node | None = None
    bend: int = 0


@dataclass(frozen=True, slots=True)
class Layers(Generic[Node]):
    """Columns from the first (what depends on nothing) on, and each edge's slots from the dependent to the dependency."""

    columns: Sequence[Sequence[Slot[Node]]]
    edges: Sequence[Sequence[Slot[Node]]]


def layered(dependencies: Mapping[Node, Collection[Node]]) -> Layers[Node]:
    """The columns of an acyclic graph. The same for the same input in the same order. Raises CycleError."""
    depth: dict[Node, int] = {}
    for node in topological(dependencies):
        depth[node] = max((depth[d] + 1 for d in dependencies[node] if d in depth), default=0)
    edges = [_edge(n, d, depth) for n in dependencies for d in dependencies[n] if d in depth]
    columns: list[list[Slot[Node]]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for node in dependencies:
        columns[depth[node]].append(Slot(node))
    for edge in edges:
        for slot in edge[1:-1]:
            columns[depth[slot.node] - slot.bend].append(slot)
    return Layers(_untangled(columns, edges), edges)


def _edge(node: Node, wanted: Node, depth: Mapping[Node, int]) -> list[Slot[Node]]:
    bends = [Slot(node, wanted, bend) for bend in range(1, depth[node] - depth[wanted])]
    return [Slot(node), *bends, Slot(wanted)]


def _untangled(columns: list[list[Slot[Node]]], edges: Sequence[Sequence[Slot[Node]]]) -> list[list[Slot[Node]]]:
    """Each column sorted by the middle of its neighbours in the column before, then after, over and over."""
    left: dict[Slot[Node], list[Slot[Node]]] = {}
    right: dict[Slot[Node], list[Slot[Node]]] = {}
    for edge in edges:
        for later, earlier in pairwise(edge):
            left.setdefault(later, []).append(earlier)
            right.setdefault(earlier, []).append(later)
    best, fewest = columns, _crossings(columns, left)
    for sweep in range(SWEEPS):
        columns = _swept(columns, right if sweep % 2 else left, backwards=bool(sweep % 2))
        crossings = _crossings(columns, left)
        if crossings < fewest:
            best, fewest = columns, crossings
    return best


def _swept(
    columns: list[list[Slot[Node]]], neighbours: Mapping[Slot[Node], list[Slot[Node]]], *, backwards: bool
) -> list[list[Slot[Node]]]:
    out = [list(column) for column in columns]
    order = range(len(out) - 2, -1, -1) if backwards else range(1, len(out))
    for index in order:
        beside = {slot: i for i, slot in enumerate(out[index + 1 if backwards else index - 1])}
        place = {slot: float(i) for i, slot in enumerate(out[index])}
        middle = {s: _middle([beside[n] for n in neighbours.get(s, [])], place[s]) for s in out[index]}
        out[index].sort(key=lambda slot: (middle[slot], place[slot]))
    return out


def _middle(places: list[int], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


def _crossings(columns: Sequence[Sequence[Slot[Node]]], left: Mapping[Slot[Node], list[Slot[Node]]]) -> int:
    """How many pairs of edges between neighbouring columns cross: inversions, counted by bisection."""
    count = 0
    for before, column in pairwise(columns):
        place = {slot: i for i, slot in enumerate(before)}
        seen: list[int] = []
        for slot in column:
            ends = sorted(place[n] for n in left.get(slot, []))
            count += sum(len(seen) - bisect_right(seen, end) for end in ends)
            for end in ends:
                insort(seen, end)
    return count
