"""Each row of pipelines written twice, in HCL and with kfp's DSL: the packages are equal."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from kfinfra.pipelines.digest import package_digest
from kfinfra.pipelines.overrides import normalized
from kfinfra.pipelines.package import parse_package, to_yaml
from kfinfra.pipelines.strays import without_strays
from tests.fakes.declared import InProcess, package_of, pipelines_in

PAIRS = Path(__file__).parents[1] / "pairs"


@pytest.mark.parametrize("row", sorted(p.name for p in PAIRS.iterdir() if p.is_dir()))
def test_hcl_and_python_give_one_package(row: str, tmp_path: Path) -> None:
    folder = tmp_path / row
    shutil.copytree(PAIRS / row, folder, ignore=shutil.ignore_patterns("__pycache__"))
    declared = package_of(pipelines_in(folder)["p"].resource.attributes, folder)
    written = without_strays(parse_package(InProcess(folder).compile("pipeline.py", "p"), row))
    same = package_digest(declared) == package_digest(written)
    assert same, to_yaml(normalized(declared)) + "\n=========\n" + to_yaml(normalized(written))
