"""A state on a server that was put back by hand, told from one whose journal is swept, or was written and not named yet."""

from __future__ import annotations

import copy
from contextlib import suppress

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.state.document import State
from kfinfra.state.journal import Failure, Intent
from kfinfra.state.sealing import Unsealed
from kfinfra.stores.lock_object import LockObject
from kfinfra.stores.objects import Held
from kfinfra.stores.remote import RemoteStore
from tests.fakes.objects import Memory, MemoryObjects
from tests.fakes.world import Ended, World

INTENT = Intent(Address("disk", "a"), "create", {"name": "a"}, "fake", "t", "d")
OTHER = Failure(Address("disk", "b"))


def store(memory: Memory, world: World | None = None) -> RemoteStore:
    objects = MemoryObjects(memory, world)
    return RemoteStore(objects, LockObject(objects, "state"), Unsealed())


def state(serial: int) -> State:
    return State("lineage", "00", serial)


@pytest.fixture
def memory() -> Memory:
    made = Memory()
    store(made).write(state(4))
    return made


def restored(memory: Memory, before: Held | None) -> None:
    """An earlier content in the place of the state, as another program puts it there."""
    if before is None:
        del memory.held["state"]
        return
    memory.versions += 1
    memory.held["state"] = Held(before.data, str(memory.versions), before.note)


@pytest.mark.parametrize("note", ["kept", "lost"])
@pytest.mark.parametrize("serials", [(5,), (5, 6, 7)])
def test_records_of_a_later_state(memory: Memory, serials: tuple[int, ...], note: str) -> None:
    before = memory.held["state"]
    for serial in serials:
        store(memory).write(state(serial))
    store(memory).append(INTENT)
    restored(memory, before if note == "kept" else Held(before.data, ""))
    with pytest.raises(DiagnosticError, match="belongs to a later state"):
        store(memory).read_journal()


def test_what_was_still_open_of_a_later_state(memory: Memory) -> None:
    before = memory.held["state"]
    store(memory).append(INTENT)
    later = store(memory)
    later.write(state(5), list(later.read_journal()))
    restored(memory, before)
    with pytest.raises(DiagnosticError, match="belongs to a later state"):
        store(memory).read_journal()


def test_a_state_that_is_gone(memory: Memory) -> None:
    store(memory).append(INTENT)
    restored(memory, None)
    with pytest.raises(DiagnosticError, match="belongs to a later state"):
        store(memory).read_journal()


def test_a_later_state_without_records_says_nothing(memory: Memory) -> None:
    before = memory.held["state"]
    store(memory).write(state(5))
    restored(memory, before)
    assert list(store(memory).read_journal()) == []


def test_a_restored_state_goes_on(memory: Memory) -> None:
    before = memory.held["state"]
    store(memory).write(state(5))
    restored(memory, before)
    again = store(memory)
    again.append(INTENT)
    again.write(state(5), [INTENT])
    again.append(OTHER)
    assert list(store(memory).read_journal()) == [INTENT, OTHER]


@pytest.mark.parametrize("steps", range(12))
def test_a_writing_that_ends_anywhere_is_no_later_state(steps: int) -> None:
    """Its own records are in the journal of the state that is there."""
    for before in (None, 4):
        memory, world = Memory(), World()
        if before is not None:
            store(memory).write(state(before))
            store(memory).append(INTENT)
        world.steps_left = steps
        with suppress(Ended):
            store(memory, world).write(state(9), [INTENT])
        found = list(store(memory).read_journal())
        assert found == ([INTENT] if before is not None or "state" in memory.held else [])


def test_a_state_that_is_replaced_while_it_is_read_is_no_later_one(memory: Memory) -> None:
    reader, writer = store(memory), store(memory)
    reader.read()
    writer.write(state(5))
    writer.append(INTENT)
    with pytest.raises(DiagnosticError, match="is being changed"):
        reader.read_journal()


def test_generations_of_an_earlier_release_are_not_judged(memory: Memory) -> None:
    """Their names say no serial."""
    memory.held["journal/" + 32 * "a" + "/0000000003"] = copy.copy(memory.held["state"])
    assert list(store(memory).read_journal()) == []
