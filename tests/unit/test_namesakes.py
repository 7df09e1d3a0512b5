"""One object, two addresses: told in the plan, since no server would tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from tests.fakes.bench import Bench, actions

NAMED = 'disk "%s" {\n  name = "data"\n  size = 1\n}\n'


def test_two_addresses_of_one_object_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError) as caught:
        Bench(tmp_path).plan(NAMED % "a" + NAMED % "b")
    (found,) = caught.value.diagnostics
    assert (found.summary, found.address) == ("Object declared twice", "disk.b")
    assert 'disk.a are the same object: both have name "data"' in found.detail and found.span is not None


def test_an_object_of_another_type_or_name_is_another(tmp_path: Path) -> None:
    text = NAMED % "a" + 'disk "b" { size = 1 }\nmachine "data" { disk = "x" }\n'
    assert len(actions(Bench(tmp_path).plan(text))) == 3


def test_a_name_that_is_not_known_yet_is_nobodys(tmp_path: Path) -> None:
    text = 'disk "%s" {\n  name = disk.first.id\n  size = 1\n}\n'
    assert len(actions(Bench(tmp_path).plan('disk "first" { size = 1 }\n' + text % "a" + text % "b"))) == 3


def test_a_label_that_changes_without_moved_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.apply(NAMED % "old")
    with pytest.raises(DiagnosticError) as caught:
        bench.plan(NAMED % "new")
    (found,) = caught.value.diagnostics
    assert found.summary == "Object destroyed and created at once" and "from = disk.old, to = disk.new" in found.hint
    moved = "moved {\n  from = disk.old\n  to   = disk.new\n}\n"
    assert actions(bench.plan(NAMED % "new" + moved)) == {"disk.new": "no-op"}
    assert actions(bench.plan('disk "new" { size = 1 }'))["disk.old"] == "delete"
