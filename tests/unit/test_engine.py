"""From text to a world that is so: plan, apply, drift, replacement, failure, recovery, over a fake server."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.masking import masked
from kfinfra.engine.planner import PlanFailed
from kfinfra.engine.result import ApplyResult
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.model.ports import DetailLine
from kfinfra.plan.change import Action, Change, Mode
from kfinfra.state.journal import Intent
from kfinfra.views.plan_text import render_plan
from tests.fakes.bench import Bench, actions

TWO = """
variable "size" { default = 5 }
disk "data" {
  size = var.size
  tags = { team = "ml" }
}
machine "box" {
  disk  = disk.data
  label = "uses ${disk.data.id}"
  port "ssh" { number = 22 }
}
output "box" { value = machine.box.id }
"""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def named(result: ApplyResult) -> list[tuple[str, str]]:
    return [(str(address), action.value) for address, action in result.done]


def summaries(caught: Iterable[object]) -> list[str]:
    return [d.summary for d in caught]  # type: ignore[attr-defined]


def test_a_first_plan_knows_what_is_written_and_not_what_is_made(bench: Bench) -> None:
    plan = bench.plan(TWO)
    assert actions(plan) == {"disk.data": "create", "machine.box": "create"}
    box = plan.changes[1].after
    assert box is not None and box["disk"] is UNKNOWN and box["label"] is UNKNOWN
    assert box["name"] == "box" and box["port"] == {"ssh": {"number": 22}}
    assert plan.outputs[0].after is UNKNOWN


def test_apply_then_plan_is_empty_and_unknown_values_have_become_known(bench: Bench) -> None:
    result = bench.apply(TWO)
    assert named(result) == [("disk.data", "create"), ("machine.box", "create")]
    assert bench.world.objects["machine", "box"]["label"] == "uses id-1"
    assert result.outputs["box"].value == "id-2"
    plan = bench.plan(TWO)
    assert not plan.has_changes and plan.drift == ()


def test_a_noop_plan_reads_once_and_writes_nothing(bench: Bench) -> None:
    bench.apply(TWO)
    bench.world.calls.clear()
    bench.plan(TWO)
    assert bench.world.calls == ["list"]


def test_a_change_in_place_leaves_the_rest_alone(bench: Bench) -> None:
    bench.apply(TWO)
    plan = bench.plan(TWO, var_inputs=(("var", "size=7"),))
    assert actions(plan) == {"disk.data": "update", "machine.box": "no-op"}
    assert [(d.path, d.old, d.new) for d in plan.changes[0].differences] == [(("size",), 5, 7)]


def test_a_replacement_takes_what_refers_to_it_along(bench: Bench) -> None:
    bench.apply(TWO)
    moved = TWO.replace("size = var.size", 'size = var.size\n  zone = "b"')
    plan = bench.plan(moved)
    assert actions(plan) == {"disk.data": "delete,create", "machine.box": "update"}
    bench.world.calls.clear()
    bench.apply(moved)
    assert bench.world.calls[1:] == ["delete disk.data", "create disk.data", "update machine.box"]
    assert bench.world.objects["machine", "box"]["disk"] == "id-3"
    assert not bench.plan(moved).has_changes


def test_what_is_no_longer_written_is_destroyed_users_first(bench: Bench) -> None:
    bench.apply(TWO)
    bench.world.calls.clear()
    empty = "locals { a = 1 }"
    assert {c.reason for c in bench.plan(empty).changes} == {"delete_because_no_resource_config"}
    bench.apply(empty)
    assert [c for c in bench.world.calls if c.startswith("delete")] == ["delete machine.box", "delete disk.data"]


def test_destroy_leaves_nothing(bench: Bench) -> None:
    bench.apply(TWO)
    assert bench.apply(TWO, mode=Mode.DESTROY).counts() == (0, 0, 2)
    state = bench.store.read()
    assert bench.world.objects == {} and state is not None and state.resources == {} and state.outputs == {}


def test_what_was_changed_outside_is_drift_and_is_put_right(bench: Bench) -> None:
    bench.apply(TWO)
    bench.world.objects["disk", "data"]["tags"] = {"team": "other"}
    plan = bench.plan(TWO)
    assert [str(c.address) for c in plan.drift] == ["disk.data"] and actions(plan)["disk.data"] == "update"
    bench.apply(TWO)
    assert bench.world.objects["disk", "data"]["tags"] == {"team": "ml"}


def test_what_was_removed_outside_is_made_again(bench: Bench) -> None:
    bench.apply(TWO)
    del bench.world.objects["machine", "box"]
    assert actions(bench.plan(TWO)) == {"disk.data": "no-op", "machine.box": "create"}


def test_a_failure_skips_what_depends_on_it_and_records_the_rest(bench: Bench) -> None:
    text = TWO + 'disk "other" { size = 1 }\n'
    bench.world.refuse.add("create data")
    result = bench.apply(text)
    assert [str(a) for a in result.failed] == ["disk.data"] and [str(a) for a in result.skipped] == ["machine.box"]
    state = bench.store.read()
    assert state is not None and [str(a) for a in state.resources] == ["disk.other"]
    bench.world.refuse.clear()
    assert bench.apply(text).counts() == (2, 0, 0)
    assert bench.world.made == 3


def test_a_create_that_failed_half_way_is_tainted_and_replaced(bench: Bench) -> None:
    bench.world.refuse.add("finish data")
    bench.apply(TWO)
    bench.world.refuse.clear()
    plan = bench.plan(TWO)
    assert plan.changes[0].action.value == "delete,create" and plan.changes[0].reason == "replace_because_tainted"


def test_a_lost_answer_orphans_nothing(bench: Bench) -> None:
    bench.world.lose_answer.add("data")
    assert [str(a) for a in bench.apply(TWO).failed] == ["disk.data"]
    state = bench.store.read()
    assert state is not None and [str(a) for a in state.resources] == ["disk.data"]


def test_an_open_intent_is_recovered_by_identity_and_mark(bench: Bench) -> None:
    bench.apply('disk "data" { size = 1 }')
    state = bench.store.read()
    assert state is not None
    address = next(iter(state.resources))
    bench.store.write(state.without(address))
    intent = Intent(address, "create", {"name": "data"}, "fake", "t", "d")
    bench.store.append(intent)
    assert not bench.plan('disk "data" { size = 1 }').has_changes
    bench.store.write(state.without(address))
    bench.store.append(intent)
    bench.world.owners["disk", "data"] = "somebody/else"
    assert actions(bench.plan('disk "data" { size = 1 }')) == {"disk.data": "create"}


def test_a_recovery_that_cannot_ask_says_what_it_was_about(bench: Bench) -> None:
    bench.apply('disk "data" { size = 1 }')
    bench.store.append(Intent(Address("disk", "data"), "update", {"name": "data"}, "fake", "t", "d"))
    bench.world.unreachable = True
    with pytest.raises(DiagnosticError, match="Fake cannot be reached") as failed:
        bench.plan('disk "data" { size = 1 }')
    (told,) = failed.value.diagnostics
    assert told.detail.startswith("No answer. An earlier command was interrupted while it was to update disk.data.")
    assert told.hint.startswith("look for it; the same command, once this works, goes on") and "push -force" in told.hint
    bench.world.unreachable = False
    assert not bench.plan('disk "data" { size = 1 }').has_changes


def test_write_only_values_are_compared_and_kept_nowhere(bench: Bench) -> None:
    secret = 'disk "data" {\n  size = 1\n  password = "hunter2-%s"\n}'
    bench.apply(secret % "a")
    assert bench.world.secrets["disk", "data"] == {"password": "hunter2-a"}
    assert not bench.plan(secret % "a").has_changes
    plan = bench.plan(secret % "b")
    assert plan.changes[0].action.value == "update" and plan.changes[0].write_only == ("password",)
    bench.apply(secret % "b")
    written = b"".join(p.read_bytes() for p in bench.folder.rglob("s.kfstate*"))
    assert b"hunter2" not in written and bench.world.secrets["disk", "data"] == {"password": "hunter2-b"}


def test_a_saved_plan_applies_once_and_only_to_what_it_was_made_from(bench: Bench) -> None:
    session = bench.session(TWO)
    path = bench.folder / "p.plan"
    session.save_plan(session.plan(), path)
    loaded = bench.session(TWO)
    assert loaded.apply(loaded.load_plan(path), threading.Event()).counts() == (2, 0, 0)
    with pytest.raises(DiagnosticError, match="stale"):
        bench.session(TWO).load_plan(path)
    assert bench.world.objects["machine", "box"]["label"] == "uses id-1"


def test_a_saved_plan_of_another_text_or_variable_is_stale(bench: Bench) -> None:
    session = bench.session(TWO)
    path = bench.folder / "p.plan"
    session.save_plan(session.plan(), path)
    with pytest.raises(DiagnosticError, match="stale"):
        bench.session(TWO + "\n").load_plan(path)
    with pytest.raises(DiagnosticError, match="stale"):
        bench.session(TWO, var_inputs=(("var", "size=9"),)).load_plan(path)


def test_a_saved_plan_keeps_no_sensitive_value_and_loses_none(bench: Bench) -> None:
    team = 'variable "team" {\n  default = "hunter2"\n  sensitive = true\n}\n'
    text = team + 'disk "data" {\n  size = %d\n  tags = { team = var.team }\n}'
    bench.apply(text % 1)
    session = bench.session(text % 2)
    path = bench.folder / "p.plan"
    session.save_plan(session.plan(), path)
    assert b"hunter2" not in path.read_bytes()
    loaded = bench.session(text % 2)
    assert loaded.apply(loaded.load_plan(path), threading.Event()).counts() == (0, 1, 0)
    assert bench.world.objects["disk", "data"]["tags"] == {"team": "hunter2"}
    assert not bench.plan(text % 2).has_changes


def test_a_providers_lines_show_no_sensitive_value() -> None:
    after: dict[str, Plain] = {"labels": {"a": 'hunter"2'}, "size": 5}
    change = Change(Address("disk", "data"), Action.CREATE, "fake", None, after, sensitive=frozenset({("labels",)}))
    lines = [DetailLine("+", 'label a: "hunter\\"2"'), DetailLine(" ", "size 5")]
    assert [line.text for line in masked(lines, change)] == ['label a: "(sensitive value)"', "size 5"]


def test_a_bug_while_a_failure_is_looked_into_ends_the_apply(bench: Bench) -> None:
    session = bench.session(TWO)
    plan = session.plan()
    bench.world.refuse.add("create data")
    bench.world.broken = True
    with pytest.raises(RuntimeError, match="broken"):
        session.apply(plan, threading.Event())


def test_a_target_takes_what_it_depends_on_along(bench: Bench) -> None:
    text = TWO + 'disk "other" { size = 1 }\n'
    plan = bench.plan(text, targets=("machine.box",))
    assert actions(plan) == {"disk.data": "create", "machine.box": "create"}
    assert [w.summary for w in plan.warnings] == ["Resource targeting is in effect"]
    with pytest.raises(DiagnosticError, match="names nothing"):
        bench.plan(text, targets=("machine.bax",))


@pytest.mark.parametrize("mode", list(Mode))
def test_a_name_that_names_nothing_is_told_before_a_server_is_asked(bench: Bench, mode: Mode) -> None:
    bench.apply(TWO)
    bench.world.calls.clear()
    for options in ({"targets": ("machine.bax",)}, {"targets": ("module.m",)}, {"replace": ("machine.bax",)}):
        if "targets" in options or mode is Mode.NORMAL:
            with pytest.raises(DiagnosticError, match="names no"):
                bench.plan(TWO, mode=mode, **options)
    assert bench.world.calls == []


@pytest.mark.parametrize("mode", list(Mode))
def test_a_target_that_only_state_or_only_the_configuration_has(bench: Bench, mode: Mode) -> None:
    bench.apply(TWO)
    more = TWO + 'disk "other" { size = 1 }\n'
    if mode is Mode.DESTROY:
        with pytest.raises(DiagnosticError, match="names nothing"):
            bench.plan(more, mode=mode, targets=("disk.other",))
    else:
        bench.plan(more, mode=mode, targets=("disk.other",))
    bench.plan("", mode=mode, targets=("machine.box",))


def test_what_no_target_reaches_is_not_looked_at(bench: Bench) -> None:
    text = TWO + 'disk "other" { size = 1 }\n'
    bench.apply(text)
    bench.world.objects["disk", "other"]["size"] = 9
    bench.world.objects["disk", "data"]["size"] = 9
    assert [str(c.address) for c in bench.plan(text, targets=("machine.box",)).drift] == ["disk.data"]
    assert [str(c.address) for c in bench.plan(text, mode=Mode.REFRESH_ONLY, targets=("disk.other",)).drift] == ["disk.other"]
    assert [str(c.address) for c in bench.plan(text, mode=Mode.DESTROY, targets=("disk.data",)).drift] == ["disk.data"]
    bench.apply(text, mode=Mode.REFRESH_ONLY, targets=("disk.other",))
    state = bench.store.read()
    assert state is not None
    assert {str(a): r.attributes["size"] for a, r in state.resources.items() if a.type == "disk"} == {
        "disk.data": 5,
        "disk.other": 9,
    }


def test_replace_is_asked_for_by_address(bench: Bench) -> None:
    bench.apply(TWO)
    plan = bench.plan(TWO, replace=("machine.box",))
    assert actions(plan) == {"disk.data": "no-op", "machine.box": "delete,create"}
    assert plan.changes[1].reason == "replace_by_request"


def test_a_plan_that_fails_shows_what_it_knew(bench: Bench) -> None:
    text = 'disk "a" { size = 1 }\ndisk "b" {\n  size = disk.a.size\n  tags = nowhere\n}\noutput "o" { value = disk.a.id }\n'
    with pytest.raises(PlanFailed) as caught:
        bench.plan(text.replace("nowhere", "{ n = tonumber(disk.a.name) }"))
    shown = render_plan(caught.value.plan)
    assert "planned the following actions, but then encountered a problem:" in shown
    assert "# disk.a will be created" in shown and "disk.b" not in shown and "No changes" not in shown
    with pytest.raises(PlanFailed) as caught:
        bench.plan('disk "b" {\n  count = 2\n  size = 1\n  tags = { n = tonumber("x") }\n}\n')
    assert render_plan(caught.value.plan) == ""


def test_prevent_destroy_refuses(bench: Bench) -> None:
    kept = 'disk "data" {\n  size = 1\n  lifecycle {\n    prevent_destroy = true\n  }\n}'
    bench.apply(kept)
    with pytest.raises(DiagnosticError, match="prevent_destroy"):
        bench.plan(kept, mode=Mode.DESTROY)
    with pytest.raises(DiagnosticError, match="prevent_destroy"):
        bench.plan(kept.replace("size = 1", 'size = 1\n  zone = "z"'))


def test_count_and_for_each_repeat_and_shrink(bench: Bench) -> None:
    text = (
        'disk "many" {\n  count = %d\n  size  = count.index + 1\n}\ndisk "each" {\n  for_each = { a = 3 }\n  size = each.value\n}'
    )
    assert sorted(actions(bench.plan(text % 2))) == ['disk.each["a"]', "disk.many[0]", "disk.many[1]"]
    bench.apply(text % 2)
    shrunk = bench.plan(text % 1)
    assert actions(shrunk)["disk.many[1]"] == "delete"
    assert {c.reason for c in shrunk.to_apply} == {"delete_because_count_index"}


def test_a_stopped_apply_begins_nothing_new(bench: Bench) -> None:
    session = bench.session(TWO)
    stop = threading.Event()
    plan = session.plan()
    stop.set()
    result = session.apply(plan, stop)
    assert result.interrupted and result.done == () and bench.world.objects == {}


def test_the_lineage_is_durable_before_anything_is_made(bench: Bench) -> None:
    session = bench.session('disk "data" { size = 1 }')
    plan = session.plan()
    seen: list[object] = []

    class Looking(Hooks):
        def operation_started(self, change: object, action: object) -> None:
            seen.append(bench.store.read())

    session._hooks = Looking()
    session.apply(plan, threading.Event())
    state = bench.store.read()
    assert state is not None and seen[0] is not None
    assert bench.world.owners["disk", "data"] == f"{seen[0].lineage}/disk.data"  # type: ignore[attr-defined]
