"""The `timeouts` block: of what it is made, and which of its values an operation keeps to."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.engine.result import ApplyResult
from kfinfra.model.address import Address
from kfinfra.plan.change import Mode
from tests.fakes.bench import Bench
from tests.unit.test_bad_input import mistakes

LONG = """
variable "patience" { default = "1h" }
disk "data" {
  for_each = { x = "1h" }
  size     = 1
  timeouts {
    create = var.patience
    delete = %s
  }
}
"""
DATA = Address("disk", "data", "x")


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def timed_out(result: ApplyResult) -> bool:
    return [d.summary for d in result.failed.get(DATA, ())] == ["Operation timed out"]


def test_a_duration_may_be_worked_out(bench: Bench) -> None:
    assert timed_out(bench.apply(LONG % "null", var_inputs=(("var", "patience=0s"),)))
    assert not bench.apply(LONG % "each.value").failed


def test_a_deletion_takes_as_long_as_its_block_says_or_said(bench: Bench) -> None:
    bench.apply(LONG % '"0s"')
    assert timed_out(bench.apply(LONG % '"0s"', mode=Mode.DESTROY))
    assert timed_out(bench.apply("locals { a = 1 }"))
    assert not bench.apply(LONG % '"1m"', mode=Mode.DESTROY).failed


@pytest.mark.parametrize(("written", "words"), [("5", "no string"), ('"soon"', "is not a duration"), ("[]", "no string")])
def test_what_is_no_duration_is_told_where_it_is_written(tmp_path: Path, written: str, words: str) -> None:
    (tmp_path / "main.hcl").write_text(LONG % written)
    (found,) = mistakes(tmp_path)
    assert found.summary == "Invalid timeout" and found.span is not None and found.span.start.line == 8
    assert words in found.detail
