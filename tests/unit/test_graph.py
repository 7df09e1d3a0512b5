"""The order respects every edge; a cycle is told whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kfinfra.graph import CycleError, cycles, topological


@given(st.dictionaries(st.integers(0, 30), st.sets(st.integers(0, 30)), max_size=20))
def test_an_order_respects_its_edges_or_names_a_cycle(edges: dict[int, set[int]]) -> None:
    try:
        order = topological(edges)
    except CycleError as problem:
        cycle = problem.cycle
        for here, there in zip(cycle, [*cycle[1:], cycle[0]], strict=True):
            assert there in edges[here]
        return
    assert sorted(order) == sorted(edges)
    place = {node: index for index, node in enumerate(order)}
    for node, before in edges.items():
        assert all(place[b] < place[node] for b in before if b in place)


def test_a_long_chain_is_no_depth_problem() -> None:
    edges = {i: [i + 1] for i in range(50_000)}
    assert topological(edges)[0] == 49_999


def test_a_node_that_depends_on_itself_is_a_cycle() -> None:
    with pytest.raises(CycleError) as caught:
        topological({"a": ["a"]})
    assert caught.value.cycle == ["a"]


@given(st.dictionaries(st.integers(0, 30), st.sets(st.integers(0, 30)), max_size=20))
def test_cycles_have_nothing_in_common_and_without_them_there_is_an_order(edges: dict[int, set[int]]) -> None:
    found = cycles(edges, 100)
    nodes = [node for cycle in found for node in cycle]
    assert len(nodes) == len(set(nodes))
    for cycle in found:
        assert all(there in edges[here] for here, there in zip(cycle, [*cycle[1:], cycle[0]], strict=True))
    topological({node: wanted for node, wanted in edges.items() if node not in nodes})
    assert cycles(edges, 1) == found[:1]
