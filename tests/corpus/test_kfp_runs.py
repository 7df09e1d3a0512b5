"""Packages of the corpus run in the sandbox's engine with real child processes: a dozen that need no network and are quick."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus" / "kfp" / "valid"
RUNS = {
    "critical__add_numbers": "SUCCEEDED",
    "critical__collected_parameters": "SUCCEEDED",
    "critical__flip_coin": "SUCCEEDED",
    "critical__if_else_with_oneof_artifacts": "SUCCEEDED",
    "critical__multiple_artifacts_namedtuple": "SUCCEEDED",
    "critical__pipeline_with_placeholders": "SUCCEEDED",
    "critical__pipeline_with_secret_as_env": "SUCCEEDED",
    "essential__dict_input": "SUCCEEDED",
    "failing__pipeline_with_exit_handler": "FAILED",
    "parallel_and_nested__pipeline_in_pipeline": "SUCCEEDED",
    "pipeline_producer_consumer": "SUCCEEDED",
    "pipeline_with_nested_loops": "SUCCEEDED",
}


@pytest.fixture(scope="module")
def tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("run_corpus", ROOT / "tools" / "run_corpus.py")
    assert spec is not None and spec.loader is not None
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


@pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")
@pytest.mark.parametrize("name", sorted(RUNS))
def test_a_package_runs_to_what_its_source_promises(name: str, tool: ModuleType, tmp_path: Path) -> None:
    found = tool.run(CORPUS / f"{name}.yaml", tmp_path)
    assert found["state"] == RUNS[name], list(tool.why(found))
