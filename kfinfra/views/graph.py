"""The dependency graph, for dot and as JSON."""

from __future__ import annotations

from collections.abc import Mapping


def graph_dot(edges: Mapping[str, frozenset[str]]) -> str:
    """The graph in dot's language: an arrow leads to what is depended on."""
    lines = ["digraph {", "  rankdir = RL"]
    for node, wanted in sorted(edges.items()):
        lines += [f'  "{node}"', *(f'  "{node}" -> "{other}"' for other in sorted(wanted))]
    return "\n".join([*lines, "}", ""])


def graph_json(edges: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """Each block and what it depends on."""
    return {node: sorted(wanted) for node, wanted in sorted(edges.items())}
