"""The examples of pipelines in HCL, a row each and the large one, in one working folder: applied, planned empty, destroyed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
EXAMPLES = Path(__file__).parents[2] / "examples"
ROWS = sorted(p.name for p in (EXAMPLES / "pipelines").iterdir() if p.is_dir())
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "KUBE", "KF_"))}


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


def run(folder: Path, *words: str) -> str:
    done = subprocess.run([str(KFINFRA), *words], cwd=folder, env=CLEAN, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-6000:]
    return done.stdout


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
    rows = folder / "rows.hcl"
    rows.write_text(rows.read_text().replace("${param.day} in", "${param.day} of"))
    changed = run(folder, "--sandbox", "plan")
    assert "0 to add, 2 to change, 0 to destroy" in changed and "task inner/say" in changed
    run(folder, "--sandbox", "destroy", "-auto-approve")
