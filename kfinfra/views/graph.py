"""The dependency graph as text: for dot, for Mermaid and as JSON."""

from __future__ import annotations

from collections.abc import Mapping


def graph_dot(edges: Mapping[str, frozenset[str]]) -> str:
    """The graph in dot's language: an arrow leads to what is depended on."""
    lines = ["digraph {", "  rankdir = RL"]
    for node, wanted in sorted(edges.items()):
        lines += [f"  {_quoted(node)}", *(f"  {_quoted(node)} -> {_quoted(other)}" for other in sorted(wanted))]
    return "\n".join([*lines, "}", ""])


def _quoted(name: str) -> str:
    return '"' + name.replace('"', r"\"") + '"'


def graph_mermaid(edges: Mapping[str, frozenset[str]]) -> str:
    """The graph in Mermaid's language, which GitHub draws in Markdown; nodes have numbers, since names may hold its signs."""
    number = {node: f"n{index}" for index, node in enumerate(sorted(edges))}
    nodes = (f'  {number[node]}["{_entities(node)}"]' for node in number)
    arrows = (f"  {number[node]} --> {number[other]}" for node in number for other in sorted(edges[node]))
    return "\n".join(["flowchart RL", *nodes, *arrows, ""])


def _entities(name: str) -> str:
    """Quotes as Mermaid writes them (mermaid.js.org/syntax/flowchart.html, entity codes)."""
    return name.replace("#", "#35;").replace('"', "#quot;")


def graph_json(edges: Mapping[str, frozenset[str]]) -> dict[str, list[str]]:
    """Each block and what it depends on."""
    return {node: sorted(wanted) for node, wanted in sorted(edges.items())}
