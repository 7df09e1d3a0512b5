"""Replacing by making the new object first: the order, what it takes along, and what is left where it breaks off."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.plan.change import Mode
from kfinfra.views.plan_json import change_json
from kfinfra.views.plan_text import render_plan
from tests.fakes.bench import Bench, actions

FIRST = """
variable "zone" { default = "a" }
disk "data" {
  name = "data-${var.zone}"
  size = 5
  zone = var.zone
  lifecycle { create_before_destroy = true }
}
machine "box" { disk = disk.data }
"""
MOVE = (("var", "zone=b"),)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    made.apply(FIRST)
    made.world.calls.clear()
    return made


def changed(bench: Bench) -> list[str]:
    return [c for c in bench.world.calls if c != "list"]


def there(bench: Bench) -> set[str]:
    return {name for _, name in bench.world.objects}


def in_state(bench: Bench) -> list[str]:
    state = bench.store.read()
    return sorted(map(str, state.resources)) if state else []


def test_the_new_object_is_made_its_users_are_changed_and_the_old_one_is_destroyed(bench: Bench) -> None:
    assert actions(bench.plan(FIRST, var_inputs=MOVE)) == {"disk.data": "create,delete", "machine.box": "update"}
    assert bench.apply(FIRST, var_inputs=MOVE).counts() == (1, 1, 1)
    assert changed(bench) == ["create disk.data-b", "update machine.box", "delete disk.data-a"]
    assert in_state(bench) == ["disk.data", "machine.box"] and not bench.plan(FIRST, var_inputs=MOVE).has_changes


def test_what_it_is_built_on_is_replaced_in_the_same_way(bench: Bench) -> None:
    text = (
        'variable "zone" { default = "a" }\ndisk "data" {\n  name = "data-${var.zone}"\n  size = 5\n  zone = var.zone\n}\n'
        'machine "box" {\n  name = "box-${var.zone}"\n  disk = disk.data\n  lifecycle { create_before_destroy = true }\n}\n'
    )
    bench.apply(text)
    bench.world.calls.clear()
    assert set(actions(bench.plan(text, var_inputs=MOVE)).values()) == {"create,delete"}
    bench.apply(text, var_inputs=MOVE)
    assert changed(bench) == ["create disk.data-b", "create machine.box-b", "delete machine.box-a", "delete disk.data-a"]


def test_two_objects_of_one_name_cannot_be_there_at_once(bench: Bench) -> None:
    same = FIRST.replace("data-${var.zone}", "data-a")
    with pytest.raises(DiagnosticError, match=r"zone.*the same name") as caught:
        bench.plan(same, var_inputs=MOVE)
    assert "another name" in caught.value.diagnostics[0].hint


def test_a_name_that_is_the_same_only_when_it_is_known_is_refused_before_anything_is_called(bench: Bench) -> None:
    late = FIRST.replace('"data-${var.zone}"', '"data-${substr(disk.other.id, 0, 0)}a"')
    late += 'disk "other" {\n  size = 1\n  tags = { zone = var.zone }\n}\n'
    failed = bench.apply(late, var_inputs=MOVE).failed
    assert [d.summary for d in failed[Address("disk", "data")]] == ["Cannot create before destroy"]
    assert changed(bench) == ["create disk.other"] and "disk.data" in in_state(bench)


def test_where_the_new_object_cannot_be_made_the_old_one_stays_in_its_place(bench: Bench) -> None:
    bench.world.refuse.add("create data-b")
    result = bench.apply(FIRST, var_inputs=MOVE)
    assert [str(a) for a in result.failed] == ["disk.data"]
    assert {str(a) for a in result.skipped} >= {"machine.box"}
    assert in_state(bench) == ["disk.data", "machine.box"] and there(bench) == {"data-a", "box"}
    assert not bench.plan(FIRST).has_changes


def test_an_old_object_that_cannot_be_destroyed_is_destroyed_by_the_next_apply(bench: Bench) -> None:
    bench.world.refuse.add("delete data-a")
    result = bench.apply(FIRST, var_inputs=MOVE)
    (failed,) = result.failed
    assert (
        failed.deposed
        and failed.current == Address("disk", "data")
        and f"disk.data (deposed object {failed.deposed})" in in_state(bench)
    )
    bench.world.refuse.clear()
    plan = bench.plan(FIRST, var_inputs=MOVE)
    (left,) = plan.to_apply
    assert left.action.value == "delete" and "left over from a replacement" in render_plan(plan)
    assert change_json(left)["address"] == "disk.data" and change_json(left)["deposed"] == failed.deposed
    assert bench.apply(FIRST, var_inputs=MOVE).counts() == (0, 0, 1)
    assert there(bench) == {"data-b", "box"} and not bench.plan(FIRST, var_inputs=MOVE).has_changes


def test_a_half_made_object_and_the_old_one_both_go_when_a_whole_one_is_there(bench: Bench) -> None:
    bench.world.refuse.add("finish data-b")
    bench.apply(FIRST, var_inputs=MOVE)
    assert there(bench) == {"data-a", "data-b", "box"}
    bench.world.refuse.clear()
    with pytest.raises(DiagnosticError, match="the same name"):
        bench.plan(FIRST, var_inputs=MOVE)
    bench.apply(FIRST, var_inputs=(("var", "zone=c"),))
    assert there(bench) == {"data-c", "box"} and in_state(bench) == ["disk.data", "machine.box"]


def test_going_back_to_a_name_that_is_still_to_be_destroyed_destroys_it_first(bench: Bench) -> None:
    bench.world.refuse.add("delete data-a")
    bench.apply(FIRST, var_inputs=MOVE)
    bench.world.refuse.clear()
    bench.world.calls.clear()
    bench.apply(FIRST)
    assert changed(bench) == ["delete disk.data-a", "create disk.data-a", "update machine.box", "delete disk.data-b"]
    assert there(bench) == {"data-a", "box"} and not bench.plan(FIRST).has_changes


def test_deposed_objects_move_are_forgotten_and_destroyed_with_their_instance(bench: Bench) -> None:
    bench.world.refuse.add("delete data-a")
    bench.apply(FIRST, var_inputs=MOVE)
    bench.world.refuse.clear()
    moved = FIRST.replace('disk "data"', 'disk "store"').replace("disk.data", "disk.store")
    moved += "moved {\n  from = disk.data\n  to   = disk.store\n}\n"
    assert {a.partition(" ")[0] for a in actions(bench.plan(moved, var_inputs=MOVE))} == {"disk.store", "machine.box"}
    assert bench.apply(moved, var_inputs=MOVE, mode=Mode.DESTROY).counts() == (0, 0, 3)
    assert bench.world.objects == {} and in_state(bench) == []


def test_an_address_of_a_deposed_object_is_read_back() -> None:
    old = Address("disk", "data", "a", (("m", 0),), deposed="0123abcd")
    assert str(old) == 'module.m[0].disk.data["a"] (deposed object 0123abcd)' and Address.parse(str(old)) == old
    assert old.current == Address("disk", "data", "a", (("m", 0),)) and old.resource == Address("disk", "data", None, (("m", 0),))
