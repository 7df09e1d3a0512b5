"""state mv, state rm, import, state push: state changed by hand, and the marks with it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kfinfra.app import surgery
from kfinfra.app.options import Workplace
from kfinfra.app.transfer import pull, push, unlock
from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.plan.change import Change
from kfinfra.state.codec import encode
from kfinfra.state.document import State
from kfinfra.state.journal import Intent
from kfinfra.stores.local import LocalStore
from tests.fakes.bench import Bench
from tests.fakes.world import Killed

TWO = 'disk "%s" {\n  name = "data"\n  size = 1\n}\nmachine "m" { disk = disk.%s.id }\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.apply(TWO % ("a", "a"))
    return made


def state_of(bench: Bench) -> State:
    state = bench.store.read()
    assert state is not None
    return state


def mv(bench: Bench, source: str, target: str) -> list[Change]:
    session = bench.session(TWO % ("a", "a"))
    changes = surgery.moves(session.state, source, target, session.config.types)
    session.adopt(changes)
    return changes


@pytest.mark.parametrize(
    ("source", "target"),
    [("disk.a", "disk.b"), ("disk.a", "disk.a[0]"), ("disk.a", 'disk.b["x y"]'), ("disk.a", "module.m.disk.a")],
)
def test_mv_moves_state_mark_and_dependencies(bench: Bench, source: str, target: str) -> None:
    (change,) = mv(bench, source, target)
    assert (str(change.previous), str(change.address)) == (source, target)
    state = state_of(bench)
    assert {str(a) for a in state.resources} == {target, "machine.m"}
    assert state.resources[Address("machine", "m")].dependencies == {Address.parse(target)}
    assert bench.world.calls.count("mark disk.data") == 1
    mv(bench, target, source)
    assert state_of(bench).resources.keys() == {Address("disk", "a"), Address("machine", "m")}


def test_mv_moves_modules(bench: Bench) -> None:
    mv(bench, "disk.a", "module.m.disk.a")
    mv(bench, "machine.m", "module.m.machine.m")
    assert len(mv(bench, "module.m", 'module.n["x"]')) == 2
    assert {str(a) for a in state_of(bench).resources} == {'module.n["x"].disk.a', 'module.n["x"].machine.m'}


@pytest.mark.parametrize(
    ("source", "target", "message"),
    [
        ("disk.z", "disk.b", "No matching objects found"),
        ("disk.a", "machine.z", "Resource type mismatch"),
        ("disk.a", "disk.a", "Redundant move"),
        ("disk.a", "module.m", "addresses"),
        ("disk.a", "dsik.b", 'Did you mean "disk"'),
        ("disk.a", "disk.a.b.c", "Invalid address"),
        ("disk.a", "disk.", "Invalid attribute name"),
        ("disk.a[", "disk.b", "nvalid|issing|xpect"),
    ],
)
def test_mv_refuses_what_cannot_be(bench: Bench, source: str, target: str, message: str) -> None:
    with pytest.raises(DiagnosticError, match=message):
        mv(bench, source, target)


def test_mv_does_not_move_onto_something(bench: Bench) -> None:
    bench.apply(TWO % ("a", "a") + 'disk "b" { size = 1 }\n')
    with pytest.raises(DiagnosticError, match=r"disk\.a to disk\.b"):
        mv(bench, "disk.a", "disk.b")


def test_a_crash_within_mv_is_recovered(bench: Bench) -> None:
    bench.world.kill = {"after mark"}
    with pytest.raises(Killed):
        mv(bench, "disk.a", "disk.b")
    bench.world.kill = set()
    assert not bench.plan(TWO % ("b", "b")).has_changes


def test_rm_forgets_and_takes_the_mark_off(bench: Bench) -> None:
    session = bench.session(TWO % ("a", "a"))
    with pytest.raises(DiagnosticError) as caught:
        surgery.forgets(session.state, ["disk.a", "disk.x", "machine.y"], session.config.types)
    assert len(caught.value.diagnostics) == 2
    result = session.adopt(surgery.forgets(session.state, ["disk.a"], session.config.types))
    assert len(result.adopted) == 1 and bench.world.owners["disk", "data"] is None and len(bench.world.objects) == 2
    assert {str(a) for a in state_of(bench).resources} == {"machine.m"}
    session = bench.session(TWO % ("a", "a"))
    owner = bench.world.owners["machine", "m"]
    surgery.without(session, surgery.forgets(session.state, ["machine.m"], session.config.types))
    assert state_of(bench).resources == {} and bench.world.owners["machine", "m"] == owner


def test_rm_leaves_the_mark_of_somebody_else(bench: Bench) -> None:
    bench.world.owners["disk", "data"] = "other/disk.a"
    session = bench.session(TWO % ("a", "a"))
    assert not session.adopt(surgery.forgets(session.state, ["disk.a"], session.config.types)).failed
    assert bench.world.owners["disk", "data"] == "other/disk.a" and len(state_of(bench).resources) == 1


def test_import_takes_over_without_changing(bench: Bench) -> None:
    bench.world.objects["disk", "old"] = {"name": "old", "size": 9, "zone": "a", "tags": None, "id": "id-9"}
    bench.world.owners["disk", "old"], bench.world.secrets["disk", "old"] = None, {}
    text = TWO % ("a", "a") + 'disk "old" { size = 8 }\n'
    session = bench.session(text, targets=("disk.old",))
    target = surgery.wanted_import(session, "disk.old", "old")
    session.importing = (target,)
    result, differs = surgery.imported(session, target)
    assert result.imported == 1 and differs and bench.world.objects["disk", "old"]["size"] == 9
    assert (bench.world.owners["disk", "old"] or "").endswith("/disk.old")
    assert [c.action.value for c in bench.plan(text).to_apply] == ["update"]
    with pytest.raises(DiagnosticError, match=r"already managed.*\n?"):
        surgery.wanted_import(bench.session(text), "disk.old", "old")
    for address, message in (("dsik.a", "Did you mean"), ("disk", "not a resource address")):
        with pytest.raises(DiagnosticError, match=message):
            surgery.wanted_import(bench.session(text), address, "x")


def test_import_of_what_is_not_declared_or_not_there(bench: Bench) -> None:
    for address, name, message in (("disk.new", "x", "does not exist"), ("disk.z", "nothing", "non-existent")):
        text = TWO % ("a", "a") + 'disk "z" { size = 1 }\n'
        session = bench.session(text, targets=(address,))
        with pytest.raises(DiagnosticError, match=message):
            target = surgery.wanted_import(session, address, name)
            session.importing = (target,)
            surgery.imported(session, target)


def work(folder: Path) -> Workplace:
    (folder / "main.hcl").write_text('kfinfra {\n  backend "local" {\n    path = "s.kfstate"\n  }\n}\n')
    return Workplace(folder, {})


def test_push_checks_lineage_and_serial(tmp_path: Path) -> None:
    here, store = work(tmp_path), LocalStore(tmp_path / "s.kfstate")
    assert pull(here) is None
    first = State("a", "00", 3)
    assert push(here, encode(first), "f", False, 0).serial == 3 and pull(here) == encode(first)
    assert push(here, encode(first), "f", False, 0) == first
    for other, message in (
        (replace(first, lineage="b", serial=9), "unrelated"),
        (replace(first, serial=2), "older"),
        (replace(first, digest_key="11"), "same serial"),
    ):
        with pytest.raises(DiagnosticError, match=message):
            push(here, encode(other), "f", False, 0)
    assert push(here, encode(replace(first, serial=4)), "f", False, 0).serial == 4
    assert push(here, encode(replace(first, lineage="b", serial=1)), "f", True, 0) == State("b", "00", 5)
    store.append(Intent(Address("disk", "a"), "create", {"name": "a"}, "fake", "t", "d"))
    with pytest.raises(DiagnosticError, match="open"):
        push(here, encode(State("b", "00", 9)), "f", False, 0)
    with pytest.raises(DiagnosticError, match="cannot be read"):
        push(here, b"{}", "f", True, 0)


def test_what_was_begun_on_a_server_that_is_gone_can_be_forgotten(tmp_path: Path) -> None:
    here, store = work(tmp_path), LocalStore(tmp_path / "s.kfstate")
    push(here, encode(State("a", "00", 3)), "f", False, 0)
    store.append(Intent(Address("disk", "a"), "create", {"name": "a"}, "fake", "t", "d"))
    pulled = pull(here)
    assert pulled is not None
    assert push(here, pulled, "f", True, 0).serial == 4
    assert list(store.read_journal()) == []


def test_a_lock_of_a_running_process_is_named_and_not_taken(tmp_path: Path) -> None:
    here, store = work(tmp_path), LocalStore(tmp_path / "s.kfstate")
    with pytest.raises(DiagnosticError, match="State is not locked"):
        unlock(here, "x")
    with store.lock("apply", 0), pytest.raises(DiagnosticError, match=r"Cannot unlock the state: .*apply \(process"):
        unlock(here, "x")
