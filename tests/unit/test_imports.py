"""import blocks: what exists is read, planned, marked and taken into state, once, and never from somebody else."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.plain import Plain
from kfinfra.plan.change import Action
from kfinfra.views.plan_json import change_json
from kfinfra.views.plan_text import render_plan
from tests.fakes.bench import Bench, actions
from tests.fakes.world import Killed

DISK = 'disk "a" {\n  name = "data"\n  size = 5\n}\n'
IMPORT = 'import {\n  to = disk.a\n  id = "data"\n}\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    exists(made, "data")
    return made


def exists(bench: Bench, name: str, owner: str | None = None, **more: Plain) -> None:
    """Somebody has made a disk by hand."""
    bench.world.objects["disk", name] = {"name": name, "size": 5, "zone": "a", "tags": None, "id": f"id-{name}", **more}
    bench.world.owners["disk", name] = owner
    bench.world.secrets["disk", name] = {}


def in_state(bench: Bench) -> set[str]:
    state = bench.store.read()
    return {str(a) for a in state.resources} if state else set()


def refused(bench: Bench, text: str) -> str:
    with pytest.raises(DiagnosticError) as caught:
        bench.plan(text)
    (found,) = caught.value.diagnostics
    assert found.span is not None and found.span.code
    return f"{found.summary}: {found.detail} {found.hint}"


def test_what_fits_is_taken_over_as_it_is(bench: Bench) -> None:
    plan = bench.plan(DISK + IMPORT)
    assert actions(plan) == {"disk.a": "no-op"} and plan.imports == 1 and plan.has_changes
    text = render_plan(plan)
    assert text.startswith("kfinfra will perform the following actions:\n")
    assert "# disk.a will be imported" in text and "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy." in text
    assert "size = 5" in text
    change = change_json(plan.changes[0])["change"]
    assert isinstance(change, dict) and change["importing"] == {"id": "data"} and change["actions"] == ["no-op"]
    result = bench.apply(DISK + IMPORT)
    assert result.imported == 1 and result.counts() == (0, 0, 0) and bench.world.made == 0
    assert (bench.world.owners["disk", "data"] or "").endswith("/disk.a")
    assert not bench.plan(DISK + IMPORT).has_changes and not bench.plan(DISK).has_changes
    assert bench.apply(
        DISK,
    ).counts() == (0, 0, 0)


def test_what_differs_is_changed_and_what_depends_on_it_comes_after(bench: Bench) -> None:
    text = DISK.replace("size = 5", "size = 6") + IMPORT + 'machine "m" { disk = disk.a }\n'
    plan = bench.plan(text)
    assert actions(plan) == {"disk.a": "update", "machine.m": "create"} and '(imported from "data")' in render_plan(plan)
    after = plan.changes[1].after
    assert after is not None and after["disk"] == "id-data"
    path = bench.folder / "p"
    session = bench.session(text)
    session.save_plan(session.plan(), path)
    loaded = bench.session(text)
    result = loaded.apply(loaded.load_plan(path), threading.Event())
    assert result.imported == 1 and result.counts() == (1, 1, 0)
    assert bench.world.objects["disk", "data"]["size"] == 6 and not bench.plan(text).has_changes


def test_instances_by_for_each_and_by_identity_cost_one_look(bench: Bench) -> None:
    exists(bench, "other")
    names = 'locals {\n  names = { x = "data", y = "other" }\n}\n'
    block = 'disk "a" {\n  for_each = local.names\n  name = each.value\n  size = 5\n}\n'
    text = names + block + "import {\n  for_each = local.names\n  to = disk.a[each.key]\n  identity = { name = each.value }\n}\n"
    assert {str(c.address): c.importing for c in bench.plan(text).changes} == {'disk.a["x"]': "data", 'disk.a["y"]': "other"}
    assert bench.world.calls == ["list"]
    assert bench.apply(text).imported == 2 and not bench.plan(text).has_changes


def test_what_is_not_there_is_somebody_elses_or_managed_already_is_refused(bench: Bench) -> None:
    assert "non-existent" in refused(bench, DISK + IMPORT.replace('"data"', '"nothing"'))
    exists(bench, "data", "other-lineage/disk.z")
    assert "other-lineage/disk.z" in refused(bench, DISK + IMPORT)
    exists(bench, "data")
    bench.apply(DISK + IMPORT)
    twice = 'disk "b" {\n  name = "data"\n  size = 5\n}\nimport {\n  to = disk.b\n  id = "data"\n}\n'
    assert "managed as disk.a already. write a moved block from disk.a" in refused(bench, DISK + twice)
    assert 'disk.a manages "data" already' in refused(bench, DISK + IMPORT.replace('"data"', '"other"'))
    bench.apply("removed {\n  from = disk.a\n  lifecycle {\n    destroy = false\n  }\n}\n")
    assert bench.apply(DISK + IMPORT).imported == 1


def test_a_missing_block_or_instance_is_told(bench: Bench) -> None:
    assert "-generate-config-out" in refused(bench, IMPORT)
    assert "disk.a[1]" in refused(bench, DISK + IMPORT.replace("disk.a", "disk.a[1]"))


@pytest.mark.parametrize("point", ["before mark", "after mark"])
def test_a_crash_while_importing_is_recovered(bench: Bench, point: str) -> None:
    bench.world.kill = {point}
    with pytest.raises(Killed):
        bench.apply(DISK + IMPORT)
    bench.world.kill = set()
    bench.apply(DISK + IMPORT)
    assert in_state(bench) == {"disk.a"} and bench.world.made == 0
    assert not bench.plan(DISK + IMPORT).has_changes


def test_a_mark_that_is_refused_fails_the_import_and_what_depends_on_it(bench: Bench) -> None:
    bench.world.refuse = {"mark data"}
    result = bench.apply(DISK + IMPORT + 'machine "m" { disk = disk.a }\n')
    assert set(result.failed) == {Address("disk", "a")} and result.skipped == (Address("machine", "m"),)
    assert in_state(bench) == set()


def test_an_import_may_be_replaced(bench: Bench) -> None:
    text = DISK.replace("size = 5", 'size = 5\n  zone = "b"') + IMPORT
    assert bench.plan(text).changes[0].action is Action.REPLACE
    assert bench.apply(text).counts() == (1, 0, 1) and not bench.plan(text).has_changes


def test_what_is_recovered_learns_what_it_is_built_on(bench: Bench) -> None:
    bench.apply(DISK + IMPORT)
    bench.world.objects["machine", "m"] = {"name": "m", "disk": "id-data", "label": None, "port": {}, "id": "id-m"}
    bench.world.owners["machine", "m"], bench.world.secrets["machine", "m"] = None, {}
    text = DISK + 'machine "m" { disk = disk.a }\nimport {\n  to = machine.m\n  id = "m"\n}\n'
    bench.world.kill = {"after mark"}
    with pytest.raises(Killed):
        bench.apply(text)
    bench.world.kill = set()
    bench.apply(text)
    state = bench.store.read()
    assert state is not None and state.resources[Address("machine", "m")].dependencies == {Address("disk", "a")}
