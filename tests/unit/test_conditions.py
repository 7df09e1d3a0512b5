"""Preconditions: checked in the plan where they are known, before the change where they are not, and never passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from tests.fakes.bench import Bench, actions
from tests.unit.test_bad_input import mistakes

HEAD = 'variable "size" { default = 5 }\ndisk "a" {\n  size = var.size\n  lifecycle {\n    precondition {\n'
TAIL = "\n    }\n  }\n}"


def disk(condition: str, message: str = '"size is ${var.size}, 5 or more is wanted"') -> str:
    return f"{HEAD}      condition = {condition}\n      error_message = {message}{TAIL}"


LATE = """
disk "a" { size = 1 }
machine "b" {
  disk = disk.a
  lifecycle {
    precondition {
      condition     = disk.a.id == "%s"
      error_message = "The disk is ${disk.a.id}."
    }
  }
}
"""


def test_one_that_holds_changes_nothing_and_one_that_does_not_stops_the_plan(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert actions(bench.plan(disk("var.size >= 5"))) == {"disk.a": "create"}
    with pytest.raises(DiagnosticError) as caught:
        bench.plan(disk("var.size >= 5"), var_inputs=(("var", "size=3"),))
    (found,) = caught.value.diagnostics
    assert (found.summary, found.detail) == ("Resource precondition failed", "size is 3, 5 or more is wanted")
    assert found.span is not None and found.span.start.line == 6 and found.address == "disk.a"
    assert bench.world.calls == []


def test_one_that_is_known_during_apply_only_is_checked_before_the_change(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert actions(bench.plan(LATE % "id-7")) == {"disk.a": "create", "machine.b": "create"}
    result = bench.apply(LATE % "id-7")
    assert [str(a) for a, _ in result.done] == ["disk.a"]
    assert ("machine", "b") not in bench.world.objects
    good = bench.apply(LATE % "id-1")
    assert [str(a) for a, _ in good.done] == ["machine.b"]


AFTER = """
disk "a" {
  size = 1
  lifecycle {
    postcondition {
      condition     = self.id == "%s"
      error_message = "The disk is ${self.id}."
    }
  }
}
machine "b" { disk = disk.a }
"""


def test_a_postcondition_that_fails_keeps_the_object_and_stops_what_is_built_on_it(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    assert actions(bench.plan(AFTER % "id-7")) == {"disk.a": "create", "machine.b": "create"}
    result = bench.apply(AFTER % "id-7")
    (found,) = [d for group in result.failed.values() for d in group]
    assert (found.summary, found.detail, found.address) == ("Resource postcondition failed", "The disk is id-1.", "disk.a")
    assert ("self.id", 'is "id-1"') in found.values and [str(a) for a in result.skipped] == ["machine.b"]
    kept = bench.session(AFTER % "id-7").state.resources
    assert [(str(a), r.tainted) for a, r in kept.items()] == [("disk.a", False)]
    with pytest.raises(DiagnosticError) as caught:
        bench.plan(AFTER % "id-7")
    assert [d.summary for d in caught.value.diagnostics] == ["Resource postcondition failed"]
    assert actions(bench.plan(AFTER % "id-1")) == {"disk.a": "no-op", "machine.b": "create"}


def test_one_of_what_has_nothing_to_change_is_asked_when_all_is_done(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    lines = """disk "a" { size = 1 }
disk "b" {
  size = 2
  lifecycle {
    postcondition {
      condition     = machine.c.id != "%s"
      error_message = "Not ${machine.c.id}."
    }
  }
}
"""
    machine = 'machine "c" { disk = disk.a }'
    bench.apply((lines + machine) % "id-0")
    anew = {"replace": ("machine.c",)}
    assert actions(bench.plan((lines + machine) % "id-4", **anew))["disk.b"] == "no-op"
    result = bench.apply((lines + machine) % "id-4", **anew)
    assert {str(a): [d.detail for d in found] for a, found in result.failed.items()} == {"disk.b": ["Not id-4."]}


def test_a_destroy_asks_for_no_condition(tmp_path: Path) -> None:
    from kfinfra.plan.change import Mode

    bench = Bench(tmp_path)
    bench.apply(disk("true"))
    assert actions(bench.plan(disk("false"), mode=Mode.DESTROY)) == {"disk.a": "delete"}


MISTAKES = [
    (disk("3"), "Invalid condition result", 6, "true or false, not number"),
    (disk("null"), "Invalid condition result", 6, "not null"),
    (disk("var.sise > 3"), "Reference to undeclared input variable", 6, 'Did you mean "size"'),
    (f"{HEAD}      condition = true{TAIL}", "Missing required argument", 5, '"error_message"'),
    (f'{HEAD}      error_message = "x"{TAIL}', "Missing required argument", 5, '"condition"'),
    (f'{HEAD}      condition = true\n      error_message = "x"\n      when = 1{TAIL}', "Unsupported argument", 8, "when"),
    (disk("false", "sensitive(\"x\")"), "Resource precondition failed", 6, "sensitive value"),
    (disk("self.sise > 3").replace("precondition", "postcondition"), "Unsupported attribute", 6, 'Did you mean "size"'),
    (disk("self.size > 3"), 'Invalid "self" reference', 6, "self"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "main.hcl").write_text(text)
    found = [(d.summary, d.span and d.span.start.line, d.detail + d.hint) for d in mistakes(tmp_path)]
    assert [f for f in found if f[:2] == (summary, line) and words in f[2]], found
