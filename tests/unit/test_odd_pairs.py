"""Odd pipelines in both languages: deep groups, every type, odd names, a hundred tasks, pipelines within pipelines."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

from kfinfra.pipelines.digest import package_digest
from kfinfra.pipelines.overrides import normalized
from kfinfra.pipelines.package import parse_package, to_yaml
from kfinfra.pipelines.strays import without_strays
from kfinfra.pipelines.validation import problems_of
from tests.fakes.declared import InProcess, mistakes_in, package_of, pipelines_in

ODD = Path(__file__).parents[1] / "odd"


@pytest.mark.parametrize("name", sorted(p.stem for p in ODD.glob("*.hcl")))
def test_an_odd_pipeline_is_one_package_in_both_languages(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "steps", raising=False)
    for source, target in ((f"{name}.hcl", "main.hcl"), (f"{name}.py", "pipeline.py"), ("steps.py", "steps.py")):
        shutil.copy(ODD / source, tmp_path / target)
    assert mistakes_in(tmp_path) == []
    declared = package_of(pipelines_in(tmp_path)["p"].resource.attributes, tmp_path)
    written = without_strays(parse_package(InProcess(tmp_path).compile("pipeline.py", "p"), name))
    same = package_digest(declared) == package_digest(written)
    assert same, to_yaml(normalized(declared)) + "\n=========\n" + to_yaml(normalized(written))
    told = ["Nested loops are collected into one list"] if name == "collected_nested" else []
    assert [p.summary for p in problems_of(declared)] == told
