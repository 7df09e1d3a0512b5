"""Workspaces and drift, as the installed command: states apart, objects apart, and what is not deleted by mistake."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "KUBE", "KF_"))}
CONFIG = """\
namespace "team" {
  name = "team-${kfinfra.workspace}"
  labels = { stage = kfinfra.workspace }
}

output "workspace" {
  value = kfinfra.workspace
}
"""


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "main.hcl").write_text(CONFIG)

    def run(self, *words: str, sandbox: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        command = [str(KFINFRA), *(["--sandbox"] if sandbox else []), *words]
        return subprocess.run(
            command, cwd=self.root, env={**CLEAN, **env}, capture_output=True, text=True, timeout=120, check=False
        )

    def kubectl(self, *words: str) -> str:
        env = {**CLEAN, "KUBECONFIG": str(self.root / ".kfinfra" / "sandbox" / "kubeconfig")}
        return subprocess.run(["kubectl", *words], env=env, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.run("sandbox", "down", sandbox=False)


def test_each_workspace_has_a_state_and_objects_of_its_own(folder: Folder) -> None:
    assert folder.run("apply", "-auto-approve").returncode == 0
    made = folder.run("workspace", "new", "dev")
    assert made.returncode == 0 and "Its state is empty" in made.stderr
    applied = folder.run("apply", "-auto-approve")
    assert applied.returncode == 0 and 'workspace = "dev"' in applied.stdout, applied.stderr
    assert folder.run("output", "workspace", KFINFRA_WORKSPACE="default").stdout.strip() == '"default"'
    assert json.loads(folder.run("--json", "workspace", "list").stdout) == [
        {"name": "default", "current": False},
        {"name": "dev", "current": True},
    ]
    refused = folder.run("workspace", "delete", "dev", KFINFRA_WORKSPACE="default")
    assert refused.returncode == 1 and "unset KFINFRA_WORKSPACE" in refused.stderr
    assert "is the current workspace" in folder.run("workspace", "delete", "dev").stderr
    assert folder.run("workspace", "select", "default").returncode == 0
    refused = folder.run("workspace", "delete", "dev")
    assert refused.returncode == 1 and "still manages namespace.team" in refused.stderr
    assert folder.run("destroy", "-auto-approve", KFINFRA_WORKSPACE="dev").returncode == 0
    assert folder.run("workspace", "delete", "dev").returncode == 0
    assert folder.run("workspace", "list").stdout == "* default\n"
    assert folder.run("plan", "-detailed-exitcode").returncode == 0


def test_mistakes_with_workspaces_are_told(folder: Folder) -> None:
    for words, said in [
        (("new", "a/b"), "Invalid workspace name"),
        (("new", ".."), "Invalid workspace name"),
        (("new", "default"), "Workspace exists already"),
        (("select", "dev"), "kfinfra workspace select -or-create dev"),
        (("delete", "dev"), "Workspace does not exist"),
        (("delete", "default"), "Workspace cannot be deleted"),
        (("new", "x", "-state=none"), "Cannot read the state"),
    ]:
        told = folder.run("workspace", *words)
        assert (told.returncode, said in told.stderr) == (1, True), told.stderr
    assert folder.run("plan", KFINFRA_WORKSPACE="a/b").returncode == 1
    assert folder.run("workspace", "nwe", "x").returncode == 64


def test_a_saved_plan_is_not_applied_to_another_workspace(folder: Folder) -> None:
    assert folder.run("plan", "-out=p").returncode == 0
    assert folder.run("workspace", "select", "-or-create", "dev").returncode == 0
    told = folder.run("apply", "p")
    assert told.returncode == 1 and "Saved plan is stale" in told.stderr


def test_a_workspace_can_begin_with_a_copy_of_a_state(folder: Folder) -> None:
    assert folder.run("apply", "-auto-approve").returncode == 0
    (folder.root / "copy").write_text(folder.run("state", "pull").stdout)
    assert folder.run("workspace", "new", "-state=copy", "dev").returncode == 0
    assert folder.run("state", "list").stdout == "namespace.team\n"
    assert folder.run("workspace", "select", "default").returncode == 0
    left = folder.run("workspace", "delete", "-force", "dev")
    assert left.returncode == 0 and "1 object that it managed is left behind" in left.stderr


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not here")
def test_drift_is_told_and_nothing_is_written(folder: Folder) -> None:
    assert folder.run("apply", "-auto-approve").returncode == 0
    state = folder.run("state", "pull").stdout
    assert folder.run("drift", "-detailed-exitcode").returncode == 0
    assert "No drift" in folder.run("drift").stdout
    folder.kubectl("label", "namespace", "team-default", "stage=prod", "--overwrite")
    told = folder.run("drift")
    assert told.returncode == 0 and '"default" -> "prod"' in told.stdout and "1 object has changed" in told.stdout, told.stdout
    assert folder.run("drift", "-detailed-exitcode").returncode == 2
    types = [json.loads(line)["type"] for line in folder.run("--json", "drift").stdout.splitlines()]
    assert "resource_drift" in types
    assert folder.run("state", "pull").stdout == state
    folder.kubectl("delete", "namespace", "team-default")
    assert "namespace.team has been deleted" in folder.run("drift").stdout
