"""The modules that ship: formatted, documented as they are, and their READMEs tell the version that they have."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted(path.parent for path in (ROOT / "modules").glob("*/main.hcl"))


@pytest.fixture(scope="module")
def docs() -> ModuleType:
    spec = importlib.util.spec_from_file_location("module_docs", ROOT / "tools" / "module_docs.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_all_four_are_there() -> None:
    assert [m.name for m in MODULES] == ["artifact-store", "node-groups", "pipeline-deployment", "training-workspace"]


@pytest.mark.parametrize("module", MODULES, ids=lambda m: m.name)
def test_the_readme_is_what_the_module_is(module: Path, docs: ModuleType) -> None:
    assert docs.documented(module) == (module / "README.md").read_text(), "run tools/module_docs.py"
    assert (module / "README.md").read_text().startswith(f"# {module.name} {(module / 'VERSION').read_text().strip()}\n")


def test_they_are_formatted() -> None:
    command = [str(Path(sys.executable).with_name("kfinfra")), "fmt", "-check", "-recursive", str(ROOT / "modules")]
    checked = subprocess.run(command, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
