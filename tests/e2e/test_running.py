"""Pipelines run by the installed command in the sandbox: followed, logged, ended, tried again; and a sandbox killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "KUBE", "KF_"))}
MAIN = """
config_map "settings" {
  namespace = "kubeflow" # where KFP for one user runs its pods
  data      = { REGION = "eu-west-1" }
}

pipeline "quick" {
  source = "quick.py"

  override "add" {
    env_from = [{ config_map = config_map.settings, keys = { REGION = "REGION" } }]
    retry    = { count = 1 }
  }
}

pipeline "slow" {
  source = "slow.py"
}

pipeline "picky" {
  package = "picky.yaml"

  override "add" {
    resources = { limits = { "nvidia.com/gpu" = 1 } }
  }
}
"""
QUICK = """
from kfp import dsl

@dsl.component(base_image="python:3.11")
def add(n: int, by: int = 2) -> int:
    import os
    print("in", os.environ["REGION"])
    if n < 0:
        raise ValueError("below zero")
    return n + by

@dsl.component(base_image="python:3.11")
def show(total: int):
    print("the total is", total)

@dsl.pipeline(name="quick")
def quick(n: int = 1):
    show(total=add(n=n).output)
"""
SLOW = """
from kfp import dsl

@dsl.component(base_image="python:3.11")
def nap(seconds: int):
    import time
    time.sleep(seconds)

@dsl.pipeline(name="slow")
def slow():
    nap(seconds=60)
"""


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root
        root.mkdir()
        for name, text in {"main.hcl": MAIN, "quick.py": QUICK, "slow.py": SLOW}.items():
            (root / name).write_text(text)
        compiled = "import quick; from kfp import compiler; compiler.Compiler().compile(quick.quick, 'picky.yaml')"
        subprocess.run([sys.executable, "-W", "ignore", "-c", compiled], cwd=root, check=True, timeout=60)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(KFINFRA), "--sandbox", *words]
        return subprocess.run(command, cwd=self.root, env=CLEAN, capture_output=True, text=True, timeout=90, check=False)

    def seen(self, run: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.run("runs", "show", "-json", run).stdout)
        return found

    def until(self, run: str, state: str) -> dict[str, Any]:
        for _ in range(100):
            found = self.seen(run)
            if any(t["state"] == state for t in found["tasks"]):
                return found
            time.sleep(0.1)
        raise AssertionError(found)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    made = Folder(tmp_path_factory.mktemp("running") / "work")
    applied = made.run("apply", "-auto-approve")
    assert applied.returncode == 0, applied.stderr
    yield made
    made.run("sandbox", "down")


def test_a_run_is_followed_to_its_end_and_its_logs_are_read(folder: Folder) -> None:
    ran = folder.run("run", "pipeline.quick", "-p", "n=5", "-name", "good", "-follow")
    assert ran.returncode == 0 and "✓ add" in ran.stdout and "n = 5" in ran.stdout, ran.stderr
    assert "add: SUCCEEDED" in ran.stderr and 'run "good": SUCCEEDED' in ran.stderr
    assert "the total is 7" in folder.run("logs", "good", "show").stdout
    everything = folder.run("logs", "good").stdout
    assert "[add] in eu-west-1" in everything and "[show] the total is 7" in everything
    assert "good" in folder.run("runs", "list", "pipeline.quick").stdout
    assert "good" not in folder.run("runs", "list", "pipeline.slow").stdout


def test_a_run_that_fails_says_why_and_exits_with_1(folder: Folder) -> None:
    ran = folder.run("run", "pipeline.quick", "-p", "n=-1", "-name", "bad", "-follow")
    assert ran.returncode == 1 and "ValueError: below zero" in ran.stdout, ran.stdout + ran.stderr
    again = folder.run("runs", "retry", "bad", "-follow")
    assert again.returncode == 1


@pytest.mark.parametrize(
    ("words", "summary"),
    [
        (["run", "pipeline.quick", "-p", "n=x"], "Wrong type of parameter"),
        (["run", "pipeline.quick", "-p", "m=1"], "Unknown parameter"),
        (["run", "pipeline.other"], "No such pipeline"),
        (["run", "pipeline.quick", "--version", "v-nope"], "No such version"),
        (["runs", "show", "nothing"], "No such run"),
        (["logs", "nothing"], "No such run"),
    ],
)
def test_mistakes_are_told(folder: Folder, words: list[str], summary: str) -> None:
    told = folder.run(*words)
    assert told.returncode == 1 and summary in told.stderr and "Traceback" not in told.stderr, told.stderr


def test_a_task_that_no_node_takes_waits_and_says_why(folder: Folder) -> None:
    started = folder.run("run", "pipeline.picky", "-name", "picky")
    assert started.returncode == 0, started.stderr
    waiting = folder.until("picky", "PENDING")
    assert "Insufficient nvidia.com/gpu" in next(t["message"] for t in waiting["tasks"] if t["path"] == "add")
    assert folder.run("runs", "terminate", "picky").returncode == 0
    assert folder.run("runs", "show", "-follow", "picky").returncode == 1


def test_a_sandbox_killed_in_the_middle_of_a_run_leaves_it_failed_and_harms_nothing_else(folder: Folder) -> None:
    assert folder.run("run", "pipeline.slow", "-name", "sleeper").returncode == 0
    folder.until("sleeper", "RUNNING")
    time.sleep(0.5)
    os.kill(json.loads((folder.root / ".kfinfra" / "sandbox" / "endpoints.json").read_text())["pid"], signal.SIGKILL)
    time.sleep(0.2)
    found = folder.seen("sleeper")
    assert found["state"] == "FAILED" and "stopped in the middle" in found["message"], found
    assert folder.run("plan", "-detailed-exitcode").returncode == 0
    assert folder.run("run", "pipeline.quick", "-p", "n=9", "-follow").returncode == 0
