"""moved and removed: state and marks follow the configuration, through modules, keys, chains, failures and crashes."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.plan.change import Mode, Plan
from kfinfra.plan.file import decode_plan, encode_plan
from kfinfra.state.document import State
from kfinfra.state.journal import Record
from kfinfra.stores.local import LocalStore
from kfinfra.views.plan_json import change_json
from kfinfra.views.plan_text import render_plan
from tests.fakes.bench import Bench, actions
from tests.fakes.world import Killed

ONE = 'disk "%s" {\n  name = "data"\n  size = 1\n}\n'
USER = 'machine "box" { disk = disk.%s.id }\n'


def moved(source: str, target: str) -> str:
    return f"moved {{\n  from = {source}\n  to   = {target}\n}}\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def previous(plan: Plan) -> dict[str, str]:
    return {str(c.address): str(c.previous) for c in plan.changes if c.previous is not None}


def in_state(bench: Bench) -> set[str]:
    state = bench.store.read()
    return {str(a) for a in state.resources} if state else set()


def mark(bench: Bench, name: str, kind: str = "disk") -> str:
    return (bench.world.owners[kind, name] or "/").partition("/")[2]


def test_a_moved_resource_is_neither_made_nor_destroyed_and_its_mark_follows(bench: Bench) -> None:
    bench.apply(ONE % "a" + USER % "a")
    text = ONE % "b" + USER % "b" + moved("disk.a", "disk.b")
    plan = bench.plan(text)
    assert actions(plan) == {"disk.b": "no-op", "machine.box": "no-op"} and previous(plan) == {"disk.b": "disk.a"}
    assert plan.has_changes and "# disk.a has moved to disk.b" in render_plan(plan)
    assert change_json(plan.changes[0])["previous_address"] == "disk.a"
    bench.world.calls.clear()
    result = bench.apply(text)
    assert [str(c.address) for c in result.adopted] == ["disk.b"] and result.counts() == (0, 0, 0)
    assert [c for c in bench.world.calls if c != "list"] == ["mark disk.data"]
    assert in_state(bench) == {"disk.b", "machine.box"} and mark(bench, "data") == "disk.b"
    state = bench.store.read()
    assert state is not None and state.resources[Address("machine", "box")].dependencies == {Address("disk", "b")}
    assert not bench.plan(text).has_changes and not bench.plan(ONE % "b" + USER % "b").has_changes


def test_a_move_with_a_change_and_a_move_to_nowhere(bench: Bench) -> None:
    bench.apply(ONE % "a")
    changed = (ONE % "b").replace("size = 1", "size = 2") + moved("disk.a", "disk.b")
    assert "(moved from disk.a)" in render_plan(bench.plan(changed))
    assert bench.apply(changed).counts() == (0, 1, 0) and bench.world.objects["disk", "data"]["size"] == 2
    gone = bench.plan(moved("disk.b", "disk.c"))
    assert actions(gone) == {"disk.c": "delete"} and previous(gone) == {"disk.c": "disk.b"}
    bench.apply(moved("disk.b", "disk.c"))
    assert bench.world.objects == {} and in_state(bench) == set()


@pytest.mark.parametrize(
    ("before", "after", "moves", "expected"),
    [
        ("", "count = 1", "", {"disk.a[0]": "disk.a"}),
        ("count = 1", "", "", {"disk.a": "disk.a[0]"}),
        ("", 'for_each = { x = 1 }', moved("disk.a", 'disk.a["x"]'), {'disk.a["x"]': "disk.a"}),
        ("count = 2", 'for_each = toset(["x", "y"])', moved("disk.a[0]", 'disk.a["x"]') + moved("disk.a[1]", 'disk.a["y"]'),
         {'disk.a["x"]': "disk.a[0]", 'disk.a["y"]': "disk.a[1]"}),
        ("count = 2", "count = 2", moved("disk.z", "disk.a"), {}),
    ],
)  # fmt: skip
def test_moves_into_and_out_of_repetition(bench: Bench, before: str, after: str, moves: str, expected: dict[str, str]) -> None:
    def text(meta: str) -> str:
        key = "each.key" if "for_each" in meta else "count.index" if "count" in meta else '"x"'
        names = f'["x", "y"][{key}]' if "count" in meta else key
        return f'disk "a" {{\n  {meta}\n  name = {names}\n  size = 1\n}}\n'

    bench.apply(text(before))
    plan = bench.plan(text(after) + moves)
    assert previous(plan) == expected and set(actions(plan).values()) == {"no-op"}
    bench.apply(text(after) + moves)
    assert not bench.plan(text(after) + moves).has_changes


def test_a_whole_resource_moves_with_its_keys_and_chains_are_followed(bench: Bench) -> None:
    text = 'disk "%s" {\n  count = 2\n  name = "d${count.index}"\n  size = 1\n}\n'
    bench.apply(text % "a")
    chain = moved("disk.b", "disk.c") + moved("disk.a", "disk.b")
    assert previous(bench.plan(text % "c" + chain)) == {"disk.c[0]": "disk.a[0]", "disk.c[1]": "disk.a[1]"}
    bench.apply(text % "c" + chain)
    assert mark(bench, "d1") == "disk.c=5B1=5D"


def test_what_is_in_the_way_is_told_and_nothing_is_lost(bench: Bench) -> None:
    other = 'disk "b" {\n  name = "other"\n  size = 1\n}\n'
    bench.apply(ONE % "a" + other)
    plan = bench.plan(other + moved("disk.a", "disk.b"))
    assert actions(plan) == {"disk.a": "delete", "disk.b": "no-op"}
    assert [w.summary for w in plan.warnings] == ["Unresolved resource instance address changes"]


def test_a_moved_object_that_is_still_declared_or_left_out_by_a_target_is_an_error(bench: Bench) -> None:
    bench.apply(ONE % "a")
    with pytest.raises(DiagnosticError, match=r"Moved object still exists: .*disk.a moved to disk.b"):
        bench.plan(ONE % "a" + (ONE % "b").replace('"data"', '"other"') + moved("disk.a", "disk.b"))
    more = 'disk "x" { size = 1 }\n'
    with pytest.raises(DiagnosticError, match="excluded by targeting"):
        bench.plan(ONE % "b" + more + moved("disk.a", "disk.b"), targets=("disk.x",))
    assert previous(bench.plan(ONE % "b" + more + moved("disk.a", "disk.b"), targets=("disk.b",))) == {"disk.b": "disk.a"}


def test_every_mode_moves_and_a_saved_plan_does(bench: Bench) -> None:
    bench.apply(ONE % "a")
    text = ONE % "b" + moved("disk.a", "disk.b")
    assert previous(bench.plan(text, mode=Mode.DESTROY)) == {"disk.b": "disk.a"}
    session = bench.session(text)
    path = bench.folder / "p"
    session.save_plan(session.plan(), path)
    assert decode_plan(encode_plan(decode_plan(path.read_bytes(), "p")), "p").changes[0].previous == Address("disk", "a")
    loaded = bench.session(text)
    loaded.apply(loaded.load_plan(path), threading.Event())
    assert in_state(bench) == {"disk.b"} and mark(bench, "data") == "disk.b"
    bench.apply(ONE % "c" + moved("disk.b", "disk.c"), mode=Mode.REFRESH_ONLY)
    assert in_state(bench) == {"disk.c"} and mark(bench, "data") == "disk.c"


@pytest.mark.parametrize("point", ["before mark", "after mark"])
def test_a_crash_between_mark_and_state_is_recovered(bench: Bench, point: str) -> None:
    bench.apply(ONE % "a")
    text = ONE % "b" + moved("disk.a", "disk.b")
    bench.world.kill = {point}
    with pytest.raises(Killed):
        bench.apply(text)
    bench.world.kill = set()
    assert mark(bench, "data") == ("disk.a" if point == "before mark" else "disk.b") and in_state(bench) == {"disk.a"}
    bench.apply(text)
    assert in_state(bench) == {"disk.b"} and mark(bench, "data") == "disk.b" and bench.world.made == 1
    assert not bench.plan(text).has_changes and not list(bench.store.read_journal())


def test_a_crash_after_the_mark_needs_no_block_any_more(bench: Bench) -> None:
    bench.apply(ONE % "a")
    bench.world.kill = {"after mark"}
    with pytest.raises(Killed):
        bench.apply(ONE % "b" + moved("disk.a", "disk.b"))
    bench.world.kill = set()
    assert not bench.plan(ONE % "b").has_changes


def test_a_mark_that_cannot_be_set_holds_up_what_depends_on_it_only(bench: Bench) -> None:
    bench.apply(ONE % "a" + USER % "a")
    text = (
        (ONE % "b" + USER % "b").replace("{ disk = disk.b.id }", '{\n disk = disk.b.id\n label = "x"\n}')
        + moved("disk.a", "disk.b")
        + 'disk "n" { size = 1 }\n'
    )
    bench.world.refuse = {"mark data"}
    result = bench.apply(text)
    assert [str(a) for a in result.failed] == ["disk.b"] and [str(a) for a in result.skipped] == ["machine.box"]
    assert [str(a) for a, _ in result.done] == ["disk.n"] and in_state(bench) == {"disk.a", "machine.box", "disk.n"}
    bench.world.refuse = set()
    bench.apply(text)
    assert not bench.plan(text).has_changes


def test_another_configurations_object_is_not_moved(bench: Bench) -> None:
    bench.apply(ONE % "a")
    bench.world.owners["disk", "data"] = "other/disk.a"
    result = bench.apply(ONE % "b" + moved("disk.a", "disk.b"))
    assert [d.summary for d in result.failed[Address("disk", "b")]] == ["Object belongs to another configuration"]
    assert bench.world.owners["disk", "data"] == "other/disk.a"


REMOVED = "removed {\n  from = disk.a\n  lifecycle {\n    destroy = false\n  }\n}\n"


def test_what_is_removed_without_destroying_is_forgotten_and_loses_its_mark(bench: Bench) -> None:
    bench.apply(ONE % "a")
    plan = bench.plan(REMOVED)
    assert actions(plan) == {"disk.a": "forget"} and plan.counts() == (0, 0, 0) and plan.has_changes
    text = render_plan(plan)
    assert "# disk.a will no longer be managed by kfinfra, but will not be destroyed" in text and "\n  . disk" in text
    assert [w.summary for w in plan.warnings] == ["Some objects will no longer be managed by kfinfra"]
    assert actions(bench.plan(REMOVED, mode=Mode.DESTROY)) == {"disk.a": "forget"}
    bench.apply(REMOVED)
    assert in_state(bench) == set() and bench.world.owners["disk", "data"] is None and len(bench.world.objects) == 1
    assert not bench.plan(REMOVED).has_changes


@pytest.mark.parametrize("point", ["before mark", "after mark"])
def test_a_crash_while_forgetting_is_recovered(bench: Bench, point: str) -> None:
    bench.apply(ONE % "a")
    bench.world.kill = {point}
    with pytest.raises(Killed):
        bench.apply(REMOVED)
    bench.world.kill = set()
    bench.apply(REMOVED)
    assert in_state(bench) == set() and bench.world.owners["disk", "data"] is None and len(bench.world.objects) == 1


def test_what_is_removed_with_destroy_is_destroyed(bench: Bench) -> None:
    bench.apply(ONE % "a")
    assert actions(bench.plan(REMOVED.replace("false", "true"))) == {"disk.a": "delete"}
    assert actions(bench.plan("removed {\n  from = disk.a\n}\n")) == {"disk.a": "delete"}


class Brittle(LocalStore):
    """A store whose process dies where a record, or the state, is about to be written."""

    left = 10**6

    def append(self, record: Record) -> None:
        self._step()
        super().append(record)

    def write(self, state: State, still_open: Iterable[Record] = ()) -> None:
        self._step()
        super().write(state, still_open)

    def _step(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise Killed


@pytest.mark.parametrize("steps", range(6))
def test_a_crash_before_any_record_of_an_adoption_leaves_what_the_next_apply_completes(bench: Bench, steps: int) -> None:
    bench.apply(ONE % "a" + 'disk "gone" { size = 1 }\ndisk "left" { size = 1 }\n')
    bench.world.objects["disk", "there"] = {**bench.world.objects["disk", "data"], "name": "there"}
    bench.world.owners["disk", "there"], bench.world.secrets["disk", "there"] = None, {}
    text = ONE.replace("size = 1", "size = 2") % "b" + moved("disk.a", "disk.b")
    text += REMOVED.replace("disk.a", "disk.left") + 'disk "there" { size = 1 }\nimport {\n  to = disk.there\n  id = "there"\n}\n'
    brittle = bench.store = Brittle(bench.folder / "state" / "s.kfstate")
    brittle.left = steps
    try:
        bench.apply(text)
    except Killed:
        brittle.left = 10**6
        bench.apply(text)
    brittle.left = 10**6
    assert not bench.plan(text).has_changes and in_state(bench) == {"disk.b", "disk.there"}
    names = {"data": "disk.b", "there": "disk.there", "left": ""}
    assert {n: mark(bench, n) for n in names} == names and {n for _, n in bench.world.objects} == set(names)
    assert bench.world.made == 3 and bench.world.objects["disk", "data"]["size"] == 2
