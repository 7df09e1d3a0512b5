"""A process that ends between any two of its steps, then apply: the declared world, nothing orphaned, made twice or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from kfinfra.plan.change import Mode
from kfinfra.state.document import State
from kfinfra.state.journal import Record
from kfinfra.state.sealing import Unsealed
from kfinfra.state.store import StateStore
from kfinfra.stores.local import LocalStore
from kfinfra.stores.lock_object import LockObject
from kfinfra.stores.remote import RemoteStore
from tests.fakes.bench import Bench
from tests.fakes.objects import Memory, MemoryObjects
from tests.fakes.world import Ended, World

TEXT = """
variable "zone" { default = "a" }
variable "first" { default = true }
disk "data" {
  name = var.first ? "data-${var.zone}" : "data"
  size = 5
  zone = var.zone
  lifecycle { create_before_destroy = var.first }
}
machine "box" {
  count = 2
  name  = "box-${count.index}"
  disk  = disk.data
}
"""
BEFORE = ("var", "zone=a")
AFTER = ("var", "zone=b")
AGAIN = ("var", "first=false")


class DyingStore(LocalStore):
    """A store whose process may end before and after each thing that it writes."""

    def __init__(self, path: Path, world: World) -> None:
        super().__init__(path)
        self._world = world

    def append(self, record: Record) -> None:
        self._world.step()
        super().append(record)
        self._world.step()

    def write(self, state: State, still_open: Iterable[Record] = ()) -> None:
        self._world.step()
        super().write(state, still_open)
        self._world.step()


Stores = Callable[[Path, World | None], StateStore]
"""The store of a test's folder; with a world, one whose process ends when that has no steps left."""


def local(folder: Path, world: World | None) -> StateStore:
    path = folder / "state" / "s.kfstate"
    return LocalStore(path) if world is None else DyingStore(path, world)


SCENES = {
    "create": ((), (BEFORE,), Mode.NORMAL, {"data-a", "box-0", "box-1"}),
    "create before destroy": ((BEFORE,), (AFTER,), Mode.NORMAL, {"data-b", "box-0", "box-1"}),
    "destroy before create": ((AGAIN, BEFORE), (AGAIN, AFTER), Mode.NORMAL, {"data", "box-0", "box-1"}),
    "destroy": ((BEFORE,), (BEFORE,), Mode.DESTROY, set()),
}


@pytest.mark.parametrize("scene", SCENES)
def test_whenever_the_process_ends_the_next_apply_makes_the_declared_world(tmp_path: Path, scene: str) -> None:
    _check(tmp_path, scene, local)


@pytest.mark.parametrize("scene", SCENES)
def test_the_same_with_the_state_on_a_server(tmp_path: Path, scene: str) -> None:
    """Between any two requests: a state, its journal and its backup are several objects there."""
    servers: dict[Path, Memory] = {}

    def stored(folder: Path, world: World | None) -> StateStore:
        objects = MemoryObjects(servers.setdefault(folder, Memory()), world)
        return RemoteStore(objects, LockObject(objects, "state"), Unsealed())

    _check(tmp_path, scene, stored)


def _check(tmp_path: Path, scene: str, stored: Stores) -> None:
    before, after, mode, wanted = SCENES[scene]
    steps, ended = 0, True
    while ended:
        bench = Bench(tmp_path / str(steps))
        bench.store = stored(bench.folder, None)
        if before:
            bench.apply(TEXT, var_inputs=before)
        bench.store, bench.world.steps_left = stored(bench.folder, bench.world), steps
        ended = _ends(bench, after, mode)
        bench.store, bench.world.steps_left = stored(bench.folder, None), None
        if ended:
            bench.apply(TEXT, var_inputs=after, mode=mode)
        state = bench.store.read()
        assert state is not None and list(bench.store.read_journal()) == []
        assert {name for _, name in bench.world.objects} == wanted, steps
        assert {str(r.attributes["name"]) for r in state.resources.values()} == wanted, steps
        assert not bench.plan(TEXT, var_inputs=after, mode=mode).has_changes, steps
        made = [c for c in bench.world.calls if c.startswith("create")]
        assert len(made) == len(set(made)) or scene == "destroy before create", made
        steps += 1
    assert steps > 20


def _ends(bench: Bench, inputs: tuple[tuple[str, str], ...], mode: Mode) -> bool:
    """Whether an apply ends before it is done."""
    try:
        bench.apply(TEXT, var_inputs=inputs, mode=mode)
    except Ended:
        return True
    return False
