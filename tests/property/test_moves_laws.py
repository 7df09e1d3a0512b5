"""Laws of moves: nothing is lost, nothing made, no two objects share an address; the journal tells the same story."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kfinfra.config.endpoints import Endpoint
from kfinfra.config.refactoring import Move, Refactoring
from kfinfra.engine.moves import rebind
from kfinfra.model.address import Address, Key
from kfinfra.state.document import ResourceState, State
from kfinfra.state.journal import Moved, decode_records, encode_record, fold

KEYS: st.SearchStrategy[Key] = st.sampled_from([None, 0, 1, "x", "y z"])
STEPS = st.lists(st.tuples(st.sampled_from(["m", "n"]), KEYS), max_size=2).map(tuple)
ADDRESSES = st.builds(lambda name, key, module: Address("disk", name, key, module), st.sampled_from("abc"), KEYS, STEPS)


@st.composite
def endpoints(draw: st.DrawFn, of_module: bool, whole: bool) -> Endpoint:
    key = None if whole else draw(KEYS)
    if of_module:
        return Endpoint((*draw(STEPS), (draw(st.sampled_from(["m", "n"])), None)), None, key, whole)
    return Endpoint(draw(STEPS), ("disk", draw(st.sampled_from("abc"))), key, whole)


@st.composite
def moves(draw: st.DrawFn) -> Move:
    of_module, whole = draw(st.booleans()), draw(st.booleans())
    within = draw(st.sampled_from([(), ("m",)]))
    return Move(draw(endpoints(of_module, whole)), draw(endpoints(of_module, whole)), None, within)


@st.composite
def states(draw: st.DrawFn) -> State:
    found = sorted(draw(st.sets(ADDRESSES, max_size=6)))
    built_on = {a: frozenset(draw(st.sets(st.sampled_from(found), max_size=2))) - {a} for a in found}
    return State("l", "00", 1, {a: ResourceState(a, "fake", {"name": str(a)}, built_on[a]) for a in found})


@settings(max_examples=200, deadline=None)
@given(states(), st.lists(moves(), max_size=4), st.sampled_from([None, "", "count", "for_each"]))
def test_moves_lose_nothing_and_the_journal_agrees(state: State, statements: list[Move], how: str | None) -> None:
    rebound = rebind(state, Refactoring(tuple(statements)), lambda address: how, lambda path: how)
    after = rebound.state
    assert sorted(str(r.attributes["name"]) for r in after.resources.values()) == sorted(map(str, state.resources))
    assert all(address == resource.address for address, resource in after.resources.items())
    for place, first in rebound.previous.items():
        assert place != first and after.resources[place].attributes["name"] == str(first)
    for place, resource in after.resources.items():
        before = state.resources[rebound.previous.get(place, place)]
        now = {first: there for there, first in rebound.previous.items()}
        assert resource.dependencies == {now.get(d, d) for d in before.dependencies}
    records = b"".join(encode_record(Moved(first, place)) for place, first in rebound.previous.items())
    assert fold(state, decode_records(records, "journal")) == (after, ())


@settings(deadline=None)
@given(endpoints(of_module=False, whole=False) | endpoints(of_module=True, whole=True), ADDRESSES)
def test_what_lies_in_an_endpoint_is_put_back_where_it_was(end: Endpoint, address: Address) -> None:
    found = end.find(address)
    if found is not None:
        assert end.place(address, found) == address


@settings(deadline=None)
@given(st.booleans().flatmap(lambda m: st.tuples(endpoints(m, True), endpoints(m, True))), ADDRESSES)
def test_what_lies_in_two_endpoints_shows_that_they_overlap(ends: tuple[Endpoint, Endpoint], address: Address) -> None:
    one, other = ends
    if one.find(address) is not None and other.find(address) is not None:
        assert one.overlaps((), other, ()) and other.overlaps((), one, ())
