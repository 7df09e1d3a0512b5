"""moved and removed across modules: calls that are renamed, repeated, split up; blocks inside of modules."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from tests.fakes.bench import Bench, actions
from tests.unit.test_moves import in_state, mark, moved, previous

CHILD = 'variable "name" {\n  default = "data"\n}\ndisk "%s" {\n  name = var.name\n  size = 1\n}\n'
ROOT = 'disk "a" {\n  name = "data"\n  size = 1\n}\n'


def call(name: str, meta: str = "") -> str:
    return f'module "{name}" {{\n  source = "./m"\n  {meta}\n}}\n'


def child(bench: Bench, text: str) -> None:
    (bench.folder / "m").mkdir(exist_ok=True)
    (bench.folder / "m" / "main.hcl").write_text(text)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    made = Bench(tmp_path)
    child(made, CHILD % "d")
    return made


def carried(bench: Bench, text: str, expected: dict[str, str]) -> None:
    """The plan moves just these, and after it nothing is left to do."""
    plan = bench.plan(text)
    assert previous(plan) == expected and set(actions(plan).values()) == {"no-op"}
    bench.apply(text)
    assert not bench.plan(text).has_changes and in_state(bench) == set(expected)


def test_into_a_module_out_of_it_and_between_modules(bench: Bench) -> None:
    bench.apply(ROOT)
    carried(bench, call("x") + moved("disk.a", "module.x.disk.d"), {"module.x.disk.d": "disk.a"})
    assert mark(bench, "data") == "module.x.disk.d"
    carried(bench, call("y") + moved("module.x", "module.y"), {"module.y.disk.d": "module.x.disk.d"})
    carried(bench, ROOT + moved("module.y.disk.d", "disk.a"), {"disk.a": "module.y.disk.d"})
    assert bench.world.made == 1


def test_a_call_that_is_repeated_and_one_that_no_longer_is(bench: Bench) -> None:
    bench.apply(call("x"))
    carried(bench, call("x", "count = 1"), {"module.x[0].disk.d": "module.x.disk.d"})
    carried(bench, call("x"), {"module.x.disk.d": "module.x[0].disk.d"})
    keyed = call("x", 'for_each = { k = "data" }')
    carried(bench, keyed + moved("module.x", 'module.x["k"]'), {'module.x["k"].disk.d': "module.x.disk.d"})


def test_blocks_inside_of_a_module_hold_for_all_its_instances_and_after_those_of_its_callers(bench: Bench) -> None:
    both = 'for_each = toset(["p", "q"])\n  name = each.key'
    bench.apply(call("x", both))
    child(bench, CHILD % "e" + moved("disk.d", "disk.e"))
    expected = {f'module.y["{k}"].disk.e': f'module.x["{k}"].disk.d' for k in "pq"}
    carried(bench, call("y", both) + moved("module.x", "module.y"), expected)


def test_removed_modules_and_resources_in_modules(bench: Bench) -> None:
    bench.apply(call("x") + call("y", 'name = "other"'))
    gone = "removed {\n  from = module.x\n  lifecycle {\n    destroy = false\n  }\n}\n"
    kept = call("y", 'name = "other"')
    assert actions(bench.plan(kept + gone))["module.x.disk.d"] == "forget"
    bench.apply(kept + gone)
    assert bench.world.owners["disk", "data"] is None and in_state(bench) == {"module.y.disk.d"}
    child(bench, 'removed {\n  from = disk.d\n  lifecycle {\n    destroy = false\n  }\n}\nvariable "name" {}\n')
    assert actions(bench.plan(kept)) == {"module.y.disk.d": "forget"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (call("x") + "removed {\n  from = module.x\n}\n", "Removed module still exists"),
        (call("x") + "removed {\n  from = module.x.disk.d\n}\n", r"Removed resource still exists.*m/main.hcl:4"),
        (call("x") + moved("module.x", "module.z"), "Moved object still exists"),
        (moved("module.a", "module.b") + moved("module.b.disk.d", "module.a.disk.d"), "Cyclic dependency"),
    ],
)
def test_what_is_still_there_or_goes_in_a_circle_is_refused(bench: Bench, text: str, message: str) -> None:
    with pytest.raises(DiagnosticError, match=message):
        bench.plan(text + 'disk "n" { size = 1 }\n')
