"""What depends on what, over all modules: a module is no barrier, each variable, local, output and resource is a node.

The graph is known before anything is evaluated; instances of count and for_each share a node.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kfinfra.config.awaiting import check_depends_on, waits
from kfinfra.config.edges import Graph, Place, span_of
from kfinfra.config.keys import BlockKey, GraphKey, NodeKey
from kfinfra.config.tree import Node
from kfinfra.config.uses import Use, uses
from kfinfra.diag import Diagnostic, error
from kfinfra.graph import CycleError, cycles, topological
from kfinfra.model.data import PREFIX
from kfinfra.model.schema import ResourceType


@dataclass(frozen=True, slots=True)
class Dependencies:
    """Resource blocks in an order in which they can be evaluated, and what each refers to through whatever is between.

    `shared` says for each how many module steps the two have in common: `module.a[0].x` that uses `module.a[0].y` by a
    name of its own module (1) uses the one of the same instance; what goes through the root (0) uses all instances.
    """

    order: list[BlockKey]
    edges: Mapping[BlockKey, frozenset[BlockKey]]
    shared: Mapping[BlockKey, Mapping[BlockKey, int]]
    awaited: Mapping[BlockKey, frozenset[BlockKey]]
    """The blocks that data sources wait for by `depends_on`."""
    providers: Mapping[str, list[BlockKey]]
    """The blocks that a provider's configuration leads to, each after those that it refers to."""

    uses: Mapping[BlockKey, tuple[Use, ...]]
    """The instances that each block's instances use."""
    named: frozenset[GraphKey] = frozenset()
    """What anything refers to; a variable's rules are no use of it."""


def dependencies(
    root: Node, types: Mapping[str, ResourceType], found: list[Diagnostic], undeclared_: list[Diagnostic]
) -> Dependencies:
    """The graph of all modules; cycles go to `found`, references that name nothing to `undeclared_`."""
    graph = Graph(root, types)
    for node in root.walk():
        graph.add(node)
        for declared in (*node.module.resources.values(), *(s.data for s in node.module.scoped.values())):
            found.extend(check_depends_on(declared, node, types))
        for declared in (*node.module.outputs.values(), *node.module.calls.values()):
            found.extend(check_depends_on(declared, node, types))
    try:
        undeclared_.extend(graph.problems)
        order = topological(graph.edges)
    except CycleError:
        found.extend(_cycle(cycle, graph.edges) for cycle in cycles(graph.edges))
        return Dependencies([], {}, {}, {}, {}, {})
    shared = _shared(order, graph.edges)
    blocks = [key for key in order if isinstance(key, BlockKey)]
    awaited = {
        BlockKey(node.path, *block): waits(declared, node)
        for node in root.walk()
        for block, declared in node.module.resources.items()
        if block[0].startswith(PREFIX)
    }
    awaited |= {
        BlockKey(node.path, *block): waits(scoped.data, node)
        for node in root.walk()
        for block, scoped in node.module.scoped.items()
    }
    edges = {b: frozenset(shared[b]) for b in blocks}
    keys = [NodeKey((), "provider", name) for name in root.module.providers]
    providers = {key.name: _behind(shared[key], edges, blocks) for key in keys if key in shared}
    used = {b: uses(graph.references[b], graph.edges[b], len(b.module), shared) for b in blocks}
    named = frozenset(graph.named.union(*graph.edges.values()))
    return Dependencies(blocks, edges, {b: shared[b] for b in blocks}, awaited, providers, used, named)


def _behind(
    first: Iterable[BlockKey], edges: Mapping[BlockKey, frozenset[BlockKey]], order: Iterable[BlockKey]
) -> list[BlockKey]:
    """These blocks and all that they refer to, in order."""
    todo, found = list(first), set[BlockKey]()
    while todo:
        block = todo.pop()
        if block not in found:
            found.add(block)
            todo.extend(edges[block])
    return [block for block in order if block in found]


def _cycle(cycle: list[GraphKey], edges: Mapping[GraphKey, Mapping[GraphKey, Place]]) -> Diagnostic:
    """Each edge with the place where it is written."""
    pairs = list(zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    spans = [span_of(edges[one][other], other) for one, other in pairs]
    words = " → ".join([f"{one} ({span})" for (one, _), span in zip(pairs, spans, strict=True)] + [str(cycle[0])])
    return error("Cycle", f"These refer to each other: {words}.", spans[0])


def _shared(order: Iterable[GraphKey], edges: Mapping[GraphKey, Mapping[GraphKey, Place]]) -> dict[GraphKey, dict[BlockKey, int]]:
    """The resource blocks that each node leads to, with the least depth of the modules on the way; no node that leads to none,
    but for the resource blocks themselves.
    """
    out: dict[GraphKey, dict[BlockKey, int]] = {}
    for key in order:
        depth = len(key.module)
        here: dict[BlockKey, int] = {}
        for wanted in edges[key] if not out.keys().isdisjoint(edges[key]) else ():
            if type(wanted) is BlockKey:
                here[wanted] = min(here.get(wanted, depth), _in_common(key.module, wanted.module))
            elif wanted in out:
                for block, common in out[wanted].items():
                    here[block] = min(here.get(block, depth), common, _in_common(key.module, block.module), depth)
        if here or type(key) is BlockKey:
            out[key] = here
    return out


def _in_common(one: tuple[str, ...], other: tuple[str, ...]) -> int:
    """How many module steps two places share: what passes from one module to a sibling goes through what holds both."""
    if not one or not other:  # most is in the root module
        return 0
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
