"""A drawing has each node once, and its edges go from column to column; names with signs of the format do no harm."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.graph import CycleError
from kfinfra.graph.layers import Slot, layered
from kfinfra.views.graph import graph_dot, graph_mermaid
from kfinfra.views.graph_svg import graph_svg

SVG = "{http://www.w3.org/2000/svg}"
ODD = {'module.a["x & <y>"].pvc.a': frozenset({"pvc.b#1"}), "pvc.b#1": frozenset[str]()}


@given(st.dictionaries(st.integers(0, 20), st.sets(st.integers(0, 20), max_size=5), max_size=20))
def test_every_edge_goes_one_column_at_a_time(wanted: dict[int, set[int]]) -> None:
    edges = {node: sorted(n for n in others if n < node) for node, others in wanted.items()}
    drawing = layered(edges)
    column = {slot: index for index, slots in enumerate(drawing.columns) for slot in slots}
    assert sorted(s.node for s in column if s.bend == 0) == sorted(edges)
    assert [(e[0], e[-1]) for e in drawing.edges] == [(Slot(n), Slot(d)) for n in edges for d in edges[n] if d in edges]
    for edge in drawing.edges:
        assert [column[slot] for slot in edge] == list(range(column[edge[0]], column[edge[-1]] - 1, -1))
    assert layered(edges) == drawing


def test_columns_are_sorted_until_nothing_crosses() -> None:
    drawing = layered({"a": [], "b": [], "c": [], "x": ["c"], "y": ["b"], "z": ["a"]})
    first, second = ([slot.node for slot in column] for column in drawing.columns)
    assert list(zip(first, second, strict=True)) in ([("a", "z"), ("b", "y"), ("c", "x")], [("c", "x"), ("b", "y"), ("a", "z")])


def test_a_cycle_has_no_drawing() -> None:
    with pytest.raises(CycleError):
        graph_svg({"a": ["b"], "b": ["a"]})


def test_the_svg_is_well_formed_and_names_every_node() -> None:
    root = ElementTree.fromstring(graph_svg(ODD))
    assert sorted(text.text or "" for text in root.iter(f"{SVG}text")) == sorted(ODD)
    assert len([p for p in root.iter(f"{SVG}path") if p.get("marker-end")]) == 1
    ElementTree.fromstring(graph_svg({}))


def test_mermaid_and_dot_quote_what_they_must() -> None:
    assert graph_mermaid(ODD).splitlines() == [
        "flowchart RL",
        '  n0["module.a[#quot;x & <y>#quot;].pvc.a"]',
        '  n1["pvc.b#35;1"]',
        "  n0 --> n1",
    ]
    assert r'  "module.a[\"x & <y>\"].pvc.a" -> "pvc.b#1"' in graph_dot(ODD)
