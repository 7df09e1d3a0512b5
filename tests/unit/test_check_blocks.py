"""check blocks: told in the plan where they are known, at the end of the apply anew, and they stop nothing."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError, Severity
from kfinfra.model.address import Address
from kfinfra.model.checks import Checked, Status
from kfinfra.plan.change import Action, Mode
from kfinfra.plan.file import decode_plan, encode_plan
from kfinfra.state.codec import decode, encode
from kfinfra.views.checks_json import checks_json
from tests.fakes.bench import Bench, actions
from tests.unit.test_data import exists

SIZE = 'variable "size" { default = 3 }\n'
SMALL = """check "small" {
  assert {
    condition     = var.size > %d
    error_message = "The size is ${var.size}."
  }
}
"""
DISK = 'disk "a" { size = var.size }\n'
MADE = """check "made" {
  assert {
    condition     = disk.a.id == "%s"
    error_message = "The disk is ${disk.a.id}."
  }
}
"""
READ = """check "read" {
  data "disk" "old" { name = "%s" }
  assert {
    condition     = data.disk.old.size > 5
    error_message = "It has ${data.disk.old.size} GiB."
  }
}
"""


def checked(name: str, status: Status, *problems: str) -> Checked:
    return Checked(Address.parse(name), status, problems)


def test_one_that_does_not_hold_is_a_warning_and_stops_nothing(tmp_path: Path) -> None:
    bench, text = Bench(tmp_path), SIZE + SMALL % 5 + DISK
    plan = bench.plan(text)
    (found,) = plan.check_warnings
    assert (found.severity, found.summary, found.detail) == (
        Severity.WARNING, "Check block assertion failed", "The size is 3."
    )  # fmt: skip
    assert found.span is not None and found.span.start.line == 4 and found.address == "check.small"
    assert found.values == (("var.size", "is 3"),) and plan.checks == (checked("check.small", Status.FAIL, "The size is 3."),)
    assert decode_plan(encode_plan(plan), "p").checks == plan.checks
    result = bench.apply(text)
    assert result.is_complete and [d.detail for d in result.problems] == ["The size is 3."]
    assert bench.plan(SIZE + SMALL % 2 + DISK).checks == (checked("check.small", Status.PASS),)


def test_one_that_is_known_at_the_end_only_is_unknown_in_the_plan_and_says_nothing_there(tmp_path: Path) -> None:
    bench, text = Bench(tmp_path), SIZE + MADE % "id-7" + DISK
    plan = bench.plan(text)
    assert plan.check_warnings == () and plan.checks == (checked("check.made", Status.UNKNOWN),)
    result = bench.apply(text)
    assert result.is_complete and [d.detail for d in result.problems] == ["The disk is id-1."]
    assert result.checks == (checked("check.made", Status.FAIL, "The disk is id-1."),)


def test_state_keeps_how_they_came_out_and_a_state_without_them_is_read(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.apply(SIZE + SMALL % 5 + DISK)
    state = bench.store.read()
    assert state is not None and state.checks == (checked("check.small", Status.FAIL, "The size is 3."),)
    assert decode(encode(state), "s") == state and b"failure_messages" in encode(state)
    bench.apply(SIZE + SMALL % 5 + DISK, mode=Mode.REFRESH_ONLY)
    bench.apply(SIZE + SMALL % 2 + DISK, targets=("disk.a",))
    kept = bench.store.read()
    assert kept is not None and kept.checks == state.checks
    bench.apply(SIZE + DISK)
    without = bench.store.read()
    assert without is not None and without.checks == () and b"check_results" not in encode(without)
    bench.apply(SIZE + SMALL % 5 + DISK)
    bench.apply(SIZE + SMALL % 5 + DISK, mode=Mode.DESTROY)
    gone = bench.store.read()
    assert gone is not None and gone.checks == ()


def test_a_destroy_and_a_part_of_the_configuration_are_not_checked(tmp_path: Path) -> None:
    bench, text = Bench(tmp_path), SIZE + SMALL % 5 + DISK
    assert bench.plan(text, targets=("disk.a",)).checks == ()
    bench.apply(text)
    for mode in (Mode.DESTROY, Mode.REFRESH_ONLY):
        plan = bench.plan(text, mode=mode)
        assert plan.checks == () and plan.check_warnings == ()


def test_a_scoped_data_source_is_read_in_the_plan_and_again_at_the_end(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    exists(bench, "data")
    text = SIZE + DISK + READ % "data"
    session = bench.session(text)
    plan = session.plan()
    assert actions(plan) == {"disk.a": "create"} and plan.data == () and "read data" in bench.world.calls
    assert [d.detail for d in plan.check_warnings] == ["It has 5 GiB."]
    exists(bench, "data", 9)
    result = session.apply(plan, threading.Event())
    assert result.problems == () and result.checks == (checked("check.read", Status.PASS),)
    state = bench.store.read()
    assert state is not None and set(state.resources) == {Address("disk", "a")}


def test_what_cannot_be_read_is_a_warning_and_nothing_is_asserted_of_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    plan = bench.plan(SIZE + DISK + READ % "nothing")
    (found,) = plan.check_warnings
    assert (found.severity, found.summary, found.address) == (Severity.WARNING, "Data source not found", "data.disk.old")
    said = 'Data source not found: There is no disk "nothing" here.'
    assert plan.checks == (checked("check.read", Status.FAIL, said),)
    result = bench.apply(SIZE + DISK + READ % "nothing")
    assert result.is_complete and [d.summary for d in result.problems] == ["Data source not found"]


def test_a_scoped_data_source_waits_for_what_it_refers_to_and_for_depends_on(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    exists(bench, "data")
    unknown = SIZE + DISK + (READ % "x").replace('"x"', '"${disk.a.id == "" ? "" : "data"}"')
    awaited = SIZE + DISK + (READ % "data").replace('{ name = "data" }', '{\n    name = "data"\n    depends_on = [disk.a]\n  }')
    for text in (unknown, awaited):
        plan = bench.plan(text)
        assert plan.checks == (checked("check.read", Status.UNKNOWN),) and plan.check_warnings == ()
    assert not any(call.startswith("read") for call in bench.world.calls)
    assert [d.detail for d in bench.apply(awaited).problems] == ["It has 5 GiB."]
    assert [d.detail for d in bench.plan(awaited).check_warnings] == ["It has 5 GiB."]


def test_a_provider_that_is_not_known_yet_leaves_the_check_unknown(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    exists(bench, "data", 6)
    text = SIZE + DISK + 'provider "fake" {\n  alias = "other"\n  region = disk.a.id\n}\n'
    text += (READ % "data").replace('{ name = "data" }', '{\n    name = "data"\n    provider = fake.other\n  }')
    assert bench.plan(text).checks == (checked("check.read", Status.UNKNOWN),)
    assert bench.apply(text).checks == (checked("check.read", Status.PASS),)


def test_each_instance_of_a_module_is_checked(tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "main.hcl").write_text('variable "size" {}\n' + SMALL % 5)
    bench = Bench(tmp_path)
    plan = bench.plan('module "m" {\n  source = "./m"\n  for_each = { a = 4, b = 6 }\n  size = each.value\n}\n')
    assert plan.checks == (
        checked('module.m["a"].check.small', Status.FAIL, "The size is 4."),
        checked('module.m["b"].check.small', Status.PASS),
    )
    assert [d.address for d in plan.check_warnings] == ['module.m["a"].check.small']


def test_an_assertion_that_cannot_be_worked_out_is_an_error(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    late = SIZE + DISK + (MADE % "x").replace('disk.a.id == "x"', "tonumber(disk.a.id) > 3")
    with pytest.raises(DiagnosticError, match="Invalid function argument"):
        bench.plan(late.replace("disk.a.id)", '"x${var.size}")'))
    result = bench.apply(late)
    assert not result.is_complete and result.checks == (checked("check.made", Status.ERROR),)
    assert [(d.severity, d.address) for d in result.problems] == [(Severity.ERROR, "check.made")]
    state = bench.store.read()
    assert state is not None and state.checks == result.checks and len(state.resources) == 1


def test_a_failed_apply_checks_nothing(tmp_path: Path) -> None:
    bench, text = Bench(tmp_path), SIZE + SMALL % 5 + DISK
    bench.world.refuse.add("create a")
    result = bench.apply(text)
    assert result.failed and result.problems == () and result.checks == ()


def test_a_check_depends_on_much_and_nothing_on_a_check(tmp_path: Path) -> None:
    session = Bench(tmp_path).session(SIZE + DISK + READ % "data")
    assert [str(b) for b in session.config.order] == ["disk.a"]
    assert [c.action for c in session.plan().changes] == [Action.CREATE]


ASSERT = '  assert {\n    condition = var.size > 1\n    error_message = "m"\n  }\n'
OLD = '  data "disk" "old" { name = "x" }\n'


def check(inside: str, name: str = "c") -> str:
    return f'{SIZE}check "{name}" {{\n{inside}}}\n'


def asserts(condition: str, message: str = '"m"') -> str:
    return check(f"  assert {{\n    condition = {condition}\n    error_message = {message}\n  }}\n")


MISTAKES = [
    (check(""), "Zero assert blocks", 2, "at least one"),
    (check(OLD), "Zero assert blocks", 2, "assert {"),
    (check("  condition = true\n" + ASSERT), "Unsupported argument", 3, "assert blocks"),
    (check("  asert {}\n" + ASSERT), "Unsupported block type", 3, 'Did you mean "assert"?'),
    (check(ASSERT.replace("assert", 'assert "x"')), "Wrong number of labels", 3, "no label"),
    (check(ASSERT.replace("  }", "    when = 1\n  }")), "Unsupported argument", 6, "when"),
    (check("  assert {\n    condition = var.size > 1\n  }\n"), "Missing required argument", 3, '"error_message"'),
    (check('  assert {\n    error_message = "m"\n  }\n'), "Missing required argument", 3, '"condition"'),
    (check(OLD + OLD.replace("old", "new") + ASSERT), "Multiple data resource blocks", 4, "main.hcl:3"),
    (check(ASSERT) + check(ASSERT).removeprefix(SIZE), "Duplicate declaration", 8, "main.hcl:2"),
    (check(OLD + ASSERT) + check(OLD + ASSERT, "d").removeprefix(SIZE), "Duplicate declaration", 10, "data.disk.old"),
    (check(OLD + ASSERT) + OLD, "Duplicate declaration", 9, "data.disk.old"),
    (check(ASSERT).replace('"c"', ""), "Wrong number of labels", 2, 'check "NAME"'),
    (check(ASSERT, "1c"), "Invalid name", 2, "not a name"),
    (check('  data "disk" {}\n' + ASSERT), "Wrong number of labels", 3, 'data "TYPE" "NAME"'),
    (check('  data "dsk" "x" {}\n' + ASSERT), "Unknown data source", 3, 'Did you mean "disk"?'),
    (check('  data "disk" "x" {\n    nam = "a"\n  }\n' + ASSERT), "Unsupported argument", 4, 'Did you mean "name"?'),
    (check('  data "disk" "x" {\n    count = 1\n  }\n' + ASSERT), 'Invalid "count" attribute', 4, "does not repeat"),
    (check('  data "disk" "x" {\n    for_each = {}\n  }\n' + ASSERT), 'Invalid "for_each" attribute', 4, "outside"),
    (check('  data "disk" "x" {\n    lifecycle {}\n  }\n' + ASSERT), "Invalid lifecycle block", 4, "assert"),
    (check('  data "disk" "x" {\n    depends_on = [disk.b]\n  }\n' + ASSERT), "Reference to undeclared resource", 4, "declare"),
    (check(OLD.replace('"x"', "data.disk.old.id") + ASSERT), "Reference to scoped resource", 3, 'check "c"'),
    (check(OLD + ASSERT) + 'output "o" { value = data.disk.old.id }', "Reference to scoped resource", 9, "outside"),
    (asserts("var.size"), "Invalid condition result", 4, "true or false, not number"),
    (asserts("var.size == 3 ? null : true"), "Invalid condition result", 4, "not null"),
    (asserts("true"), "Invalid assert expression", 4, "refers to nothing"),
    (asserts("var.sise > 1"), "Reference to undeclared input variable", 4, 'Did you mean "size"?'),
    (asserts("var.size > 9", "[1]"), "Invalid error message", 5, "not tuple"),
    (check(ASSERT) + 'output "o" { value = check.c }', "Reference to undeclared name", 8, "check"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    with pytest.raises(DiagnosticError) as caught:
        Bench(tmp_path).plan(text)
    found = [(d.summary, d.span and d.span.start.line, d.detail + d.hint) for d in caught.value.diagnostics]
    assert [f for f in found if f[:2] == (summary, line) and words in f[2]], found


def test_json_syntax_has_check_blocks_too(tmp_path: Path) -> None:
    (tmp_path / "more.hcl.json").write_text(
        '{"check": {"j": {"data": {"disk": {"old": {"name": "data"}}},'
        ' "assert": [{"condition": "${data.disk.old.size > 5}", "error_message": "It has ${data.disk.old.size}."}]}}}'
    )
    bench = Bench(tmp_path)
    exists(bench, "data")
    assert bench.plan(SIZE).checks == (checked("check.j", Status.FAIL, "It has 5."),)


def test_conditions_of_outputs_and_resources_are_among_the_checks(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    text = """
disk "a" {
  for_each = { x = 3, y = machine.m.id == "" ? 1 : 2 }
  size = each.value
  lifecycle {
    postcondition {
      condition     = self.size == each.value && machine.m.id != "no"
      error_message = "It has ${self.size}."
    }
  }
}
machine "m" { disk = "d" }
output "size" {
  value = 1
  precondition {
    condition     = machine.m.id != "no"
    error_message = "No."
  }
}
"""
    names = ('disk.a["x"]', 'disk.a["y"]', "output.size")
    unknown, known = (tuple(checked(name, status) for name in names) for status in (Status.UNKNOWN, Status.PASS))
    assert bench.plan(text).checks == unknown and bench.apply(text).checks == known
    assert [(c["address"], len(c["instances"])) for c in checks_json(known)] == [
        ({"kind": "resource", "name": "a", "mode": "managed", "type": "disk", "to_display": "disk.a"}, 2),
        ({"kind": "output_value", "name": "size", "to_display": "output.size"}, 1),
    ]
