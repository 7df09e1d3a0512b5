"""data blocks: read in the plan where they can be, during apply where they cannot, and never kept in state."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Plain
from kfinfra.plan.change import Action, Mode
from kfinfra.plan.file import decode_plan, encode_plan
from kfinfra.views.plan_json import change_json
from kfinfra.views.plan_text import render_plan
from tests.fakes.bench import Bench, actions

READ = 'data "disk" "old" { name = "%s" }\n'
USER = 'machine "m" {\n  disk  = data.disk.old\n  label = "of ${data.disk.old.size}"\n}\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    exists(made, "data")
    return made


def exists(bench: Bench, name: str, size: Plain = 5) -> None:
    """Somebody else's disk."""
    bench.world.objects["disk", name] = {"name": name, "size": size, "zone": "a", "tags": None, "id": f"id-{name}"}
    bench.world.owners["disk", name], bench.world.secrets["disk", name] = None, {}


def test_what_is_known_is_read_in_the_plan_and_can_be_referred_to(bench: Bench) -> None:
    text = READ % "data" + USER + 'output "zone" { value = data.disk.old.zone }\n'
    plan = bench.plan(text)
    assert actions(plan) == {"machine.m": "create"} and [str(c.address) for c in plan.data] == ["data.disk.old"]
    after = plan.changes[0].after
    assert after is not None and (after["disk"], after["label"]) == ("id-data", "of 5") and plan.outputs[0].after == "a"
    assert decode_plan(encode_plan(plan), "p").data[0].after == plan.data[0].after
    assert "data" not in render_plan(plan).split("machine", 1)[0]
    bench.apply(text)
    state = bench.store.read()
    assert state is not None and set(state.resources) == {Address("machine", "m")}
    assert state.resources[Address("machine", "m")].dependencies == frozenset()
    bench.world.calls.clear()
    assert not bench.plan(text).has_changes and sorted(bench.world.calls) == ["list", "read data"]
    exists(bench, "data", 9)
    assert actions(bench.plan(text)) == {"machine.m": "update"}


def test_what_depends_on_a_value_known_after_apply_is_read_then(bench: Bench) -> None:
    text = 'disk "new" { size = 7 }\n' + (READ % "x").replace('"x"', '"${disk.new.id == "" ? "" : "new"}"') + USER
    plan = bench.plan(text)
    assert actions(plan) == {"data.disk.old": "read", "disk.new": "create", "machine.m": "create"}
    read = plan.changes[1]
    assert read.reason == "read_because_config_unknown" and read.after is not None and read.after["size"] is UNKNOWN
    shown = render_plan(plan)
    assert "# data.disk.old will be read during apply" in shown and "(config refers to values not yet known)" in shown
    assert '<= data "disk" "old" {' in shown and plan.counts() == (2, 0, 0)
    assert change_json(read)["mode"] == "data"
    result = bench.apply(text)
    assert [(str(a), k.value) for a, k in result.done] == [
        ("disk.new", "create"), ("data.disk.old", "read"), ("machine.m", "create"),
    ]  # fmt: skip
    assert bench.world.objects["machine", "m"]["label"] == "of 7" and result.counts() == (2, 0, 0)
    state = bench.store.read()
    assert state is not None and state.resources[Address("machine", "m")].dependencies == {Address("disk", "new")}
    assert not bench.plan(text).has_changes
    bench.world.calls.clear()
    bench.apply(text, mode=Mode.DESTROY)
    assert [c for c in bench.world.calls if c.startswith("delete")] == ["delete machine.m", "delete disk.new"]


def test_depends_on_waits_for_changes_and_only_for_changes(bench: Bench) -> None:
    disk = 'disk "first" { size = %d }\n'
    text = 'data "disk" "old" {\n  name = "data"\n  depends_on = [disk.first]\n}\n'
    assert bench.plan(disk % 1 + text).changes[1].reason == "read_because_dependency_pending"
    bench.apply(disk % 1 + text)
    assert actions(bench.plan(disk % 1 + text)) == {"disk.first": "no-op"}
    assert actions(bench.plan(disk % 2 + text)) == {"data.disk.old": "read", "disk.first": "update"}


def test_instances_are_read_together_and_a_saved_plan_sees_what_it_saw(bench: Bench) -> None:
    exists(bench, "other", 6)
    text = 'data "disk" "all" {\n  for_each = toset(["data", "other"])\n  name = each.key\n}\n'
    text += 'machine "m" {\n  for_each = data.disk.all\n  name = each.key\n  disk = each.value.id\n'
    text += '  label = "${each.value.size}"\n}\n'
    session = bench.session(text)
    plan = session.plan()
    assert [c for c in bench.world.calls if c.startswith("read")] == ["read data other"] and len(plan.changes) == 2
    path = bench.folder / "p"
    session.save_plan(plan, path)
    exists(bench, "other", 7)
    loaded = bench.session(text)
    loaded.apply(loaded.load_plan(path), threading.Event())
    assert bench.world.objects["machine", "other"]["label"] == "6"


def test_what_is_not_there_is_an_error_that_says_where_it_was_looked_for(bench: Bench) -> None:
    text = READ % "nothing" + USER
    with pytest.raises(DiagnosticError) as caught:
        bench.plan(text)
    (found,) = caught.value.diagnostics
    assert (found.summary, found.address) == ("Data source not found", "data.disk.old")
    assert 'no disk "nothing" here' in found.detail and found.span is not None and found.span.start.line == 1
    late = 'disk "new" { size = 1 }\n' + (READ % "x").replace('"x"', '"x${disk.new.id}"') + USER
    result = bench.apply(late)
    assert set(result.failed) == {Address("disk", "old", data=True)} and result.skipped == (Address("machine", "m"),)
    assert not any(key[0] == "machine" for key in bench.world.objects)


def test_targets_read_what_they_need(bench: Bench) -> None:
    text = READ % "nothing" + 'data "disk" "other" { name = "data" }\nmachine "m" { disk = data.disk.other }\n'
    plan = bench.plan(text, targets=("machine.m",))
    assert [str(c.address) for c in plan.data] == ["data.disk.other"] and plan.changes[0].action is Action.CREATE


def test_a_providers_configuration_is_read_before_the_provider_is_asked(bench: Bench) -> None:
    text = 'provider "fake" {\n  alias = "other"\n  region = data.disk.old.zone\n}\n' + READ % "data"
    text += 'disk "b" {\n  provider = fake.other\n  size = 1\n}\n'
    bench.apply(text)
    assert "provider in a" in bench.world.calls
    bench.world.calls.clear()
    assert not bench.plan(text).has_changes
    assert bench.world.calls[:3] == ["read data", "provider in a", "list"]
    bench.world.calls.clear()
    bench.apply(text, mode=Mode.DESTROY)
    assert bench.world.calls[:3] == ["read data", "provider in a", "list"] and ("disk", "b") not in bench.world.objects


def test_a_provider_that_is_made_of_a_resource_plans_before_it_is_known(bench: Bench) -> None:
    text = 'disk "first" { size = 1 }\nprovider "fake" {\n  alias = "other"\n  region = disk.first.id\n}\n'
    text += 'disk "b" {\n  provider = fake.other\n  size = 1\n}\n'
    assert actions(bench.plan(text)) == {"disk.first": "create", "disk.b": "create"}
    bench.apply(text)
    assert "provider in id-1" in bench.world.calls and not bench.plan(text).has_changes
    early = text + 'data "disk" "old" {\n  provider = fake.other\n  name = "data"\n}\ndisk "c" { size = 1 }\n'
    assert len(bench.plan(early).data) == 1
    bench.apply(text, mode=Mode.DESTROY)
    assert ("disk", "b") not in bench.world.objects
    with pytest.raises(DiagnosticError, match="Provider is not configured"):
        bench.plan(early)
