"""What benchmarks measure is valid configuration of the size that they say. Nothing is timed here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.table import Row, rendered
from benchmarks.texts import write_configuration, write_instances, write_resources
from kfinfra.app.options import Workplace
from kfinfra.app.validation import validate


def instances(folder: Path) -> None:
    write_instances(folder, 1500, "kfinfra")


def resources(folder: Path) -> None:
    write_resources(folder, 20, "kfinfra")


def configuration(folder: Path) -> None:
    lines = write_configuration(folder, 400, "kfinfra")
    assert 400 <= lines < 600
    assert sum(path.read_text().count("\n") for path in folder.glob("*.hcl")) == pytest.approx(lines, abs=10)


@pytest.mark.parametrize("write", [configuration, instances, resources])
def test_the_texts_are_valid(tmp_path: Path, write: Callable[[Path], None]) -> None:
    write(tmp_path)
    assert validate(Workplace(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "home")})) == ()


def test_a_missed_budget_is_told() -> None:
    lines = list(rendered("title", [Row("a", "1 s", "", "≤ 2 s", True), Row("b", "3 s", "", "≤ 2 s", False), Row("c", "4 s")]))
    assert [line.split("|")[-2].strip() for line in lines[4:-1]] == ["holds", "MISSED", ""]
