"""`replace_triggered_by` and `prevent_destroy` with expressions: over the fake world, as a user would write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.plan.change import Mode
from tests.fakes.bench import Bench, actions
from tests.unit.test_bad_input import mistakes

TRIGGERED = """
variable "zone" { default = "a" }
variable "size" { default = 1 }
disk "a" {
  for_each = toset(["x", "y"])
  size     = each.key == "x" ? var.size : 1
  zone     = each.key == "x" ? var.zone : "a"
}
disk "b" {
  for_each = toset(["x", "y"])
  size     = 5
  lifecycle { replace_triggered_by = [%s] }
}
"""


def planned(bench: Bench, trigger: str, *given: str) -> dict[str, str]:
    text = TRIGGERED % trigger
    found = bench.plan(text, var_inputs=tuple(("var", value) for value in given))
    return {str(c.address): c.reason for c in found.changes if c.address.name == "b" and c.action.replaces}


@pytest.mark.parametrize(
    ("trigger", "given", "replaced"),
    [
        ("disk.a", "size=2", ["x", "y"]),
        ("disk.a", "zone=b", ["x", "y"]),
        ("disk.a[each.key]", "size=2", ["x"]),
        ('disk.a["y"]', "size=2", []),
        ("disk.a[each.key].size", "size=2", ["x"]),
        ("disk.a[each.key].zone", "size=2", []),
        ('disk.a["x"].id', "size=2", []),
        ('disk.a["x"].id', "zone=b", ["x", "y"]),
        ("disk.a", "size=1", []),
    ],
)
def test_a_change_of_what_is_named_replaces(tmp_path: Path, trigger: str, given: str, replaced: list[str]) -> None:
    bench = Bench(tmp_path)
    bench.apply(TRIGGERED % trigger)
    assert planned(bench, trigger, given) == {f'disk.b["{key}"]': "replace_by_triggers" for key in replaced}


def test_what_is_made_triggers_nothing_and_what_is_replaced_comes_first(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    later = 'disk "b" {\n  size = 5\n  lifecycle { replace_triggered_by = [disk.a] }\n}\n'
    bench.apply('disk "b" { size = 5 }')
    text = later + 'disk "a" { size = 1 }'
    assert actions(bench.plan(text)) == {"disk.a": "create", "disk.b": "no-op"}
    bench.apply(text)
    bench.world.calls.clear()
    bench.apply(later + 'disk "a" {\n  size = 1\n  zone = "b"\n}')
    assert [c for c in bench.world.calls if c.split()[0] in ("create", "delete")] == [
        "delete disk.b", "delete disk.a", "create disk.a", "create disk.b"
    ]  # fmt: skip


KEPT = """
variable "protected" { default = true }
disk "a" {
  for_each = toset(var.names)
  size     = 1
  lifecycle { prevent_destroy = %s }
}
variable "names" {
  type    = list(string)
  default = ["x", "y"]
}
"""


@pytest.mark.parametrize("condition", ["true", "var.protected", 'each.key == "x"', 'var.protected ? "true" : null'])
def test_what_is_protected_is_destroyed_by_nothing(tmp_path: Path, condition: str) -> None:
    bench, text = Bench(tmp_path), KEPT % condition
    bench.apply(text)
    for options in ({"mode": Mode.DESTROY}, {"var_inputs": (("var", 'names=["y"]'),)}, {"replace": ('disk.a["x"]',)}):
        with pytest.raises(DiagnosticError) as caught:
            bench.plan(text, **options)
        assert {d.summary for d in caught.value.diagnostics} == {"Instance cannot be destroyed"}
        assert 'disk.a["x"]' in [d.address for d in caught.value.diagnostics]


def test_protection_can_be_taken_off_by_a_variable(tmp_path: Path) -> None:
    bench, text = Bench(tmp_path), KEPT % "var.protected"
    bench.apply(text)
    plan = bench.plan(text, mode=Mode.DESTROY, var_inputs=(("var", "protected=false"),))
    assert set(actions(plan).values()) == {"delete"}


def test_protection_that_is_not_known_protects(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    text = 'disk "b" { size = 1 }\ndisk "a" {\n  size = 1\n  lifecycle { prevent_destroy = disk.b.id == "id-1" }\n}'
    bench.apply(text)
    with pytest.raises(DiagnosticError, match="not known yet"):
        bench.plan(text, mode=Mode.DESTROY)
    assert bench.plan(text, replace=("disk.b",)).has_changes


WRITTEN = """
variable "x" { default = 1 }
disk "b" {
  count = 1
  size  = 1
}
disk "a" {
  size = 1
  lifecycle {
    %s
  }
}
"""
MISTAKES = [
    ("prevent_destory = true", "Unsupported argument", 'Did you mean "prevent_destroy"'),
    ("prevent_destroy = [1]", "Invalid argument", "true or false"),
    ("postconditions { }", "Unsupported block type", 'Did you mean "postcondition"'),
    ("replace_triggered_by = disk.b", "Invalid replace_triggered_by", "A list of references"),
    ("replace_triggered_by = [var.x]", "Invalid replace_triggered_by", "A resource of this module"),
    ("replace_triggered_by = [disk.other]", "Reference to undeclared resource", "other"),
    ("replace_triggered_by = [disk.b[true]]", "Invalid replace_triggered_by", "neither a string nor a whole number"),
    ("replace_triggered_by = [disk.b.size]", "Missing resource instance key", "disk.b[0]"),
]


@pytest.mark.parametrize(("line", "summary", "words"), MISTAKES)
def test_a_mistake_is_told_where_it_is(tmp_path: Path, line: str, summary: str, words: str) -> None:
    (tmp_path / "main.hcl").write_text(WRITTEN % line)
    (found,) = [d for d in mistakes(tmp_path) if d.summary == summary]
    assert words in found.detail + found.hint and found.span is not None and found.span.start.line == 10
