"""Ephemeral values: where they may stand, and that nothing keeps or shows them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.stores.local import LocalStore
from tests.fakes.bench import Bench, actions
from tests.unit.test_bad_input import mistakes

TOKEN = 'variable "token" {\n  type      = string\n  ephemeral = true\n  default   = "hunter2"\n}\n'
USES = TOKEN + 'locals { shown = "t-${var.token}" }\ndisk "data" {\n  size     = 1\n  password = local.shown\n}\n'


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def test_a_write_only_attribute_and_a_provider_take_it_and_nothing_keeps_it(bench: Bench) -> None:
    text = USES + 'provider "fake" { region = var.token }\n'
    bench.apply(text)
    assert bench.world.secrets["disk", "data"] == {"password": "t-hunter2"}
    assert "provider in hunter2" in bench.world.calls
    assert not bench.plan(text).has_changes
    assert actions(bench.plan(text, var_inputs=(("var", "token=other"),))) == {"disk.data": "update"}
    assert all(b"hunter2" not in p.read_bytes() for p in bench.folder.rglob("s.kfstate*"))


def test_a_saved_plan_takes_another_value_when_it_is_applied(bench: Bench) -> None:
    session = bench.session(USES)
    path = bench.folder / "p.plan"
    session.save_plan(session.plan(), path)
    assert b"hunter2" not in path.read_bytes()
    later = bench.session(USES, var_inputs=(("var", "token=other"),))
    assert later.apply(later.load_plan(path), threading.Event()).counts() == (1, 0, 0)
    assert bench.world.secrets["disk", "data"] == {"password": "t-other"}


@pytest.mark.parametrize(
    ("text", "summary", "line", "words"),
    [
        ('disk "a" {\n  size = 1\n  name = var.token\n}', "Invalid use of ephemeral value", 3, "not a write-only attribute"),
        ('disk "a" {\n  size = 1\n  tags = { t = [var.token][0] }\n}', "Invalid use of ephemeral value", 3, '"tags"'),
        ('data "disk" "a" {\n  name = var.token\n}', "Invalid use of ephemeral value", 2, '"name"'),
        ('disk "a" {\n  count = length(var.token)\n  size = 1\n}', "Invalid count argument", 2, "ephemeral"),
        ('disk "a" {\n  for_each = toset([var.token])\n  size = 1\n}', "Invalid for_each argument", 2, "ephemeral"),
        ('output "o" {\n  value = [var.token]\n}', "Ephemeral value not allowed", 2, "ephemeralasnull"),
        ('output "o" {\n  value     = 1\n  ephemeral = true\n}', "Ephemeral output not allowed", 3, "kept in state"),
        ('variable "x" {\n  ephemeral = var.token\n}', "Invalid argument", 2, "written out"),
    ],
)
def test_what_would_keep_it_is_refused(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "a.hcl").write_text(TOKEN)
    (tmp_path / "main.hcl").write_text(text)
    (found,) = mistakes(tmp_path)
    assert found.summary == summary and found.span is not None and found.span.start.line == line
    assert words in found.detail + found.hint


def test_a_message_shows_neither_the_value_nor_what_it_is_made_of(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(USES.replace("local.shown", "tonumber(local.shown)"))
    (found,) = mistakes(tmp_path)
    assert ("local.shown", "has an ephemeral value") in found.values and "hunter2" not in found.detail


def test_a_rule_may_look_at_it_and_its_message_hides_it(tmp_path: Path) -> None:
    rule = '  validation {\n    condition     = var.token == "x"\n    error_message = "not ${var.token}"\n  }\n}\n'
    with pytest.raises(DiagnosticError) as caught:
        Bench(tmp_path).plan(TOKEN[:-2] + rule + 'disk "a" { size = 1 }')
    assert [d.detail for d in caught.value.diagnostics] == ["(the message holds an ephemeral value)"]


def test_modules_say_what_they_take_and_give(tmp_path: Path) -> None:
    inner = tmp_path / "m"
    inner.mkdir()
    bench = Bench(tmp_path)
    call = (
        TOKEN
        + 'module "m" {\n  source = "./m"\n  in     = var.token\n}\ndisk "data" {\n  size     = 1\n  password = module.m.out\n}\n'
    )
    (inner / "main.hcl").write_text(
        'variable "in" { ephemeral = true }\noutput "out" {\n  value     = var.in\n  ephemeral = true\n}\n'
    )
    bench.apply(call)
    assert bench.world.secrets["disk", "data"] == {"password": "hunter2"}
    (inner / "main.hcl").write_text('variable "in" { ephemeral = true }\noutput "out" { value = var.in }\n')
    with pytest.raises(DiagnosticError, match="not declared as giving"):
        bench.plan(call)
    (inner / "main.hcl").write_text('variable "in" {}\noutput "out" { value = var.in }\n')
    with pytest.raises(DiagnosticError, match="not declared as taking"):
        bench.plan(call)


def test_what_is_made_of_it_can_be_let_go_of(bench: Bench) -> None:
    result = bench.apply(TOKEN + 'output "o" { value = ephemeralasnull(var.token) }\ndisk "a" { size = 1 }')
    assert "o" not in result.outputs  # a null is no output
    state = LocalStore(bench.folder / "state" / "s.kfstate").read()
    assert state is not None
    assert "o" not in state.outputs
