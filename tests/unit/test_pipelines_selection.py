"""Overrides of tasks in nested groups: by label, by path from any group on, by pattern; alike in HCL and in Python."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.pipelines.effective import effective
from kfinfra.pipelines.overrides import with_settings
from kfinfra.pipelines.package import Package
from tests.fakes.declared import package_of, pipelines_in

PYTHON = """
from kfp import dsl


@dsl.component(base_image="python:3.11")
def fit():
    pass


@dsl.component(base_image="python:3.11")
def train_a():
    pass


@dsl.component(base_image="python:3.11")
def train_b():
    pass


@dsl.component(base_image="python:3.11")
def tell():
    pass


@dsl.pipeline(name="p")
def p():
    with dsl.ExitHandler(tell(), name="always"):
        with dsl.ParallelFor([1, 2], name="loop"):
            fit()
            train_a()
        train_b()
"""
HCL = """pipeline "p" {
  component "fit" { python = "pipeline.py:fit" }
  component "train_a" { python = "pipeline.py:train_a" }
  component "train_b" { python = "pipeline.py:train_b" }
  component "tell" { python = "pipeline.py:tell" }
  parallel_for "loop" {
    items = [1, 2]
    task "fit" { component = component.fit }
    task "train_a" {
      component = component.train_a
      retry     = { count = 1 }
    }
  }
  task "train_b" { component = component.train_b }
  exit_handler "always" {
    task "tell" { component = component.tell }
  }
}
"""
MEANT = [
    ("fit", {"fit"}),
    ("loop/fit", {"fit"}),
    ("always/loop/fit", {"fit"}),
    ("exit-handler-1/for-loop-3/fit", {"fit"}),
    ("train-*", {"train-a", "train-b"}),
    ("loop/*", {"fit", "train-a"}),
    ("*/train-*", {"train-b"}),
    ("*/*/*", {"fit", "train-a"}),
    ("tell", {"tell"}),
]


@pytest.fixture(scope="module", params=["hcl", "python"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Package:
    folder: Path = tmp_path_factory.mktemp(request.param)
    (folder / "pipeline.py").write_text(PYTHON)
    text = HCL if request.param == "hcl" else 'pipeline "p" {\n  source = "pipeline.py"\n  function = "p"\n}\n'
    (folder / "main.hcl").write_text(text)
    return package_of(pipelines_in(folder)["p"].resource.attributes, folder)


def retried(package: Package, override: str) -> set[str]:
    found = effective(package, None, {override: {"retry": {"count": 7}}})
    return {path.rpartition("/")[2] for path, all_of in found.items() if any(s.value == "7" for s in all_of)}


@pytest.mark.parametrize(("name", "meant"), MEANT, ids=[name for name, _ in MEANT])
def test_an_override_means_these_tasks(package: Package, name: str, meant: set[str]) -> None:
    assert retried(package, name) == meant


@pytest.mark.parametrize(
    ("name", "words"), [("lop/fit", "loop/fit"), ("fitt", "fit"), ("x-*", "No task matches"), ("loop", "group")]
)
def test_an_override_of_nothing_is_an_error(package: Package, name: str, words: str) -> None:
    with pytest.raises(DiagnosticError, match=words):
        with_settings(package, None, {name: {"retry": {"count": 7}}})


def test_a_tasks_own_block_stands_between_defaults_and_overrides(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(PYTHON)
    (tmp_path / "main.hcl").write_text(HCL)
    attributes = pipelines_in(tmp_path)["p"].resource.attributes
    dag = attributes["dag"]
    assert isinstance(dag, dict) and dag["settings"] == {"train_a": attributes["dag"]["settings"]["train_a"]}
    bare = package_of({**attributes, "dag": {**dag, "settings": {}}}, tmp_path)
    own = {"train_a": {"retry": {"count": 1}}}
    found = effective(bare, {"retry": {"count": 9}, "timeout": "1h"}, {"train-*": {"timeout": "2h"}}, own)
    told = {s.name: (s.value, s.origin) for path, all_of in found.items() if path.endswith("train-a") for s in all_of}
    assert told["retry count"] == ("1", "task")
    assert told["timeout"][1] == 'override "train-*"'
    other = {s.name: (s.value, s.origin) for path, all_of in found.items() if path.endswith("/fit") for s in all_of}
    assert other["retry count"] == ("9", "defaults")
