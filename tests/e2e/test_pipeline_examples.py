"""The examples of pipelines in HCL, a row each and the large one, in one working folder: applied, planned empty, destroyed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from kfinfra.sandbox.launch.mounts import available

KFINFRA = Path(sys.executable).with_name("kfinfra")
EXAMPLES = Path(__file__).parents[2] / "examples"
ROWS = sorted(p.name for p in (EXAMPLES / "pipelines").iterdir() if p.is_dir())
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "KUBE", "KF_"))}

GIVEN = {"inner": ["-p", "day=today"]}
MOUNTING = ("claim", "s3", "churn", "scratch", "large")


NESTED = """
pipeline "inner" {
  component "say" {
    image   = "busybox:1.36"
    command = ["echo", input.text]
    input "text" { type = string }
  }
  parameter "day" { type = string }
  task "say" {
    component = component.say
    arguments = { text = "${param.day} in ${s3_bucket.churn.arn}" }
  }
}

pipeline "outer" {
  task "inner" {
    component = pipeline.inner
    arguments = { day = "today" }
  }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    ignored = shutil.ignore_patterns(".kfinfra", "__pycache__")
    shutil.copytree(EXAMPLES / "churn", tmp_path, ignore=ignored, dirs_exist_ok=True)
    shutil.copytree(EXAMPLES / "pipelines", tmp_path / "rows", ignore=ignored)
    calls = [f'module "row-{name}" {{\n  source = "./rows/{name}"\n}}\n' for name in ROWS]
    (tmp_path / "rows.hcl").write_text("".join(calls) + NESTED)
    yield tmp_path
    subprocess.run([str(KFINFRA), "sandbox", "down"], cwd=tmp_path, env=CLEAN, capture_output=True, check=False)


def run(folder: Path, *words: str, sandbox: bool = False) -> str:
    done = subprocess.run(
        [str(KFINFRA), *(["--sandbox"] if sandbox else []), *words],
        cwd=folder,
        env=CLEAN,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


def _run_all(folder: Path) -> None:
    """Every pipeline is run, and ends as it should; a GPU that nobody may use is waited for, in the scheduler's words."""
    names = [line for line in run(folder, "state", "list", sandbox=True).splitlines() if ".pipeline." in f".{line}"]
    wanted = {run(folder, "run", name, *GIVEN.get(name.rpartition(".")[2], ()), sandbox=True).strip(): name for name in names}
    for _ in range(120):
        found = {r["id"]: r for r in json.loads(run(folder, "runs", "list", "-json", "-limit", "100", sandbox=True))}
        going = {wanted[i] for i in wanted if found[i]["state"] not in ("SUCCEEDED", "FAILED")}
        if all(name.endswith(".gpu") for name in going):
            break
        time.sleep(0.5)
    ended = {wanted[i].rpartition(".")[2]: found[i]["state"] for i in wanted}
    (gpu,) = (i for i, name in wanted.items() if name.endswith(".gpu"))
    assert "untolerated taint {nvidia.com/gpu" in run(folder, "runs", "show", gpu, sandbox=True)
    run(folder, "runs", "terminate", gpu, sandbox=True)
    expected = dict.fromkeys(ended, "SUCCEEDED") | {"gpu": "RUNNING"}
    if not available():  # volumes cannot be mounted, which such a task's message says
        expected |= {name: "FAILED" for name, state in ended.items() if state == "FAILED" and name in MOUNTING}
    assert ended == expected, [found[i] for i in wanted if found[i]["state"] == "FAILED"]


def test_every_row_and_the_large_example_live_their_lives(folder: Path) -> None:
    assert len(ROWS) == 17
    plan = run(folder, "--sandbox", "plan")
    for words in ("exit-handler-1/for-loop-3/train", "parallelism: 2", "memory limit: ", "pipeline.condition will be created"):
        assert words in plan, words
    run(folder, "--sandbox", "apply", "-auto-approve")
    run(folder, "--sandbox", "plan", "-detailed-exitcode")
    shown = run(folder, "show", "pipeline.churn").split("task exit-handler-1/for-loop-3/train\n")[1].split("\n\n")[0]
    assert [line.split()[-1] for line in shown.splitlines() if "retry count" in line or "env from" in line] == [
        "task",
        "defaults",
    ]
    _run_all(folder)
    rows = folder / "rows.hcl"
    rows.write_text(rows.read_text().replace("${param.day} in", "${param.day} of"))
    changed = run(folder, "--sandbox", "plan")
    assert "0 to add, 2 to change, 0 to destroy" in changed and "task inner/say" in changed
    run(folder, "--sandbox", "destroy", "-auto-approve")
