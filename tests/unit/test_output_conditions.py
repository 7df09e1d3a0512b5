"""Preconditions of outputs: a value that must not be given stops the plan, or is told at the end of the apply."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.plan.change import Action, Mode
from tests.fakes.bench import Bench, actions
from tests.unit.test_bad_input import mistakes

OUTPUT = """
variable "size" { default = 5 }
output "size" {
  value = %s
  precondition {
    condition     = %s
    error_message = %s
  }
}
"""


def output(condition: str, message: str = '"size is ${var.size}"', value: str = "var.size") -> str:
    return OUTPUT % (value, condition, message)


LATE = 'disk "a" { size = 1 }\n' + output('disk.a.id == "%s"', '"the disk is ${disk.a.id}"', "disk.a.size")


def test_one_that_does_not_hold_stops_the_plan_and_its_value_is_not_asked_for(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert bench.plan(output("var.size >= 5")).outputs[0].after == 5
    with pytest.raises(DiagnosticError) as caught:
        bench.plan(output("var.size >= 5", value='tonumber("x${var.size}")'), var_inputs=(("var", "size=3"),))
    (found,) = caught.value.diagnostics
    assert (found.summary, found.detail) == ("Module output value precondition failed", "size is 3")
    assert found.span is not None and found.span.start.line == 6 and found.address == "output.size"
    assert found.values == (("var.size", 'is "3"'),)


def test_one_that_is_known_at_the_end_only_fails_the_apply_and_keeps_the_other_outputs(tmp_path: Path) -> None:
    bench, other = Bench(tmp_path), 'output "other" { value = 1 }\n'
    assert [o.name for o in bench.plan(other + LATE % "id-7").outputs] == ["other", "size"]
    result = bench.apply(other + LATE % "id-7")
    assert [str(a) for a, _ in result.done] == ["disk.a"] and not result.failed and not result.is_complete
    assert [(d.summary, d.detail, d.address) for d in result.problems] == [
        ("Module output value precondition failed", "the disk is id-1", "output.size")
    ]
    state = bench.store.read()
    assert state is not None and set(state.outputs) == {"other"} and len(state.resources) == 1
    good = bench.apply(other + LATE % "id-1")
    assert good.is_complete and set(good.outputs) == {"other", "size"}


def test_a_destroy_asks_for_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.apply(LATE % "id-1")
    assert actions(bench.plan(LATE % "id-2", mode=Mode.DESTROY)) == {"disk.a": "delete"}
    assert bench.apply(LATE % "id-2", mode=Mode.DESTROY).is_complete


def module(tmp_path: Path, condition: str) -> str:
    """A module whose output is asked for by a machine; returns the root's text."""
    (tmp_path / "m").mkdir(exist_ok=True)
    text = 'variable "size" { default = 5 }\ndisk "a" {\n  name = "a${var.size}"\n  size = var.size\n}\n'
    text += output(condition, '"wrong: ${var.size}"', "3").replace('variable "size" { default = 5 }\n', "")
    (tmp_path / "m" / "main.hcl").write_text(text)
    return 'module "m" {\n  source = "./m"\n  for_each = { x = 1, y = 7 }\n  size = each.value\n}\n' + (
        'machine "b" {\n  disk = "d"\n  label = "${module.m["x"].size}"\n}\n'
    )


def test_a_modules_output_is_told_once_and_by_its_instance(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        Bench(tmp_path).plan(module(tmp_path, "var.size > 2"))
    assert [(d.address, d.detail) for d in caught.value.diagnostics] == [('module.m["x"].output.size', "wrong: 1")]


def test_what_uses_a_modules_output_waits_for_what_its_precondition_waits_for(tmp_path: Path) -> None:
    bench, text = Bench(tmp_path), module(tmp_path, 'disk.a.id != "id-1" && disk.a.id != "id-2"')
    assert actions(bench.plan(text))["machine.b"] == "create"
    result = bench.apply(text)
    assert sorted(str(a) for a, _ in result.done) == ['module.m["x"].disk.a', 'module.m["y"].disk.a']
    (found,) = (d for diagnostics in result.failed.values() for d in diagnostics)
    assert found.address == 'module.m["x"].output.size' and ("machine", "b") not in bench.world.objects


PRE = "Invalid precondition expression"
MISTAKES = [
    (output("var.size + 1"), "Invalid condition result", 6, "true or false, not number"),
    (output("var.size == 5 ? null : true"), "Invalid condition result", 6, "not null"),
    (output("true"), PRE, 6, "refers to nothing"),
    (output("var.sise > 3"), "Reference to undeclared input variable", 6, 'Did you mean "size"'),
    (output("self > 3"), 'Invalid "self" reference', 6, "self"),
    (output("var.size > 9", "[1]"), "Invalid error message", 7, "not tuple"),
    (output("var.size > 9", "null"), "Invalid error message", 7, "not null"),
    (output("var.size > 9", "var.size"), "Module output value precondition failed", 6, "5"),
    (output("var.size > 9", 'sensitive("x")'), "Module output value precondition failed", 6, "sensitive value"),
    (output("var.size > 9", '{ a = sensitive("x") }.a'), "Module output value precondition failed", 6, "sensitive value"),
    (output("true").replace("precondition", "postcondition"), "Postconditions are not allowed", 5, "precondition"),
    (output("true").replace("precondition", "check"), "Unsupported block type", 5, "check"),
    (output('"${var.size > 9}"'), "Module output value precondition failed", 6, "size is 5"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "main.hcl").write_text(text)
    found = [(d.summary, d.span and d.span.start.line, d.detail + d.hint) for d in mistakes(tmp_path)]
    assert [f for f in found if f[:2] == (summary, line) and words in f[2]], found


def test_an_output_that_is_null_is_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    text = 'variable "v" {}\noutput "o" { value = var.v == "x" ? 1 : null }\noutput "n" { value = null }\n'
    plan = bench.plan(text, var_inputs=(("var", "v=x"),))
    assert [(o.name, o.action) for o in plan.outputs] == [("o", Action.CREATE)]
    assert set(bench.apply(text, var_inputs=(("var", "v=x"),)).outputs) == {"o"}
    gone = bench.plan(text, var_inputs=(("var", "v=y"),))
    assert [(o.name, o.action) for o in gone.outputs] == [("o", Action.DELETE)]
    assert set(bench.apply(text, var_inputs=(("var", "v=y"),)).outputs) == set()
    assert bench.plan(text, var_inputs=(("var", "v=y"),)).outputs == ()
