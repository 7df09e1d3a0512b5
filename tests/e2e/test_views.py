"""What users and machines see of the installed command: JSON where it is asked for and nothing beside it, a live terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "artifacts"
KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_")) and k != "NO_COLOR"}
SECRET = """
variable "token" {
  default   = "hunter2"
  sensitive = true
}
s3_bucket "more" {
  name = "acme-more"
  tags = { token = var.token, arn = s3_bucket.artifacts.arn }
}
output "token" {
  value     = var.token
  sensitive = true
}
output "arns" {
  value = { first = s3_bucket.artifacts.arn, "second one" = [s3_bucket.more.arn] }
}
"""


class Folder:
    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".kfinfra", "state"))
        (root / "secret.hcl").write_text(SECRET)

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(KFINFRA), "--sandbox", *words], cwd=self.root, env={**CLEAN, **env}, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip

    def lines(self, *words: str) -> list[Any]:
        done = self.run(*words)
        assert done.stderr == "" and "hunter" not in done.stdout, done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def document(self, *words: str) -> Any:
        done = self.run(*words)
        assert done.returncode == 0 and "hunter" not in done.stdout, done.stderr + done.stdout
        return json.loads(done.stdout)

    def on_a_terminal(self, *words: str, **env: str) -> str:
        """What a terminal of 100 columns gets."""
        ours, theirs = pty.openpty()
        size = {"COLUMNS": "100", "LINES": "24", "TERM": "xterm-256color"}
        command = [str(KFINFRA), "--sandbox", *words]
        child = subprocess.Popen(command, cwd=self.root, env={**CLEAN, **size, **env}, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        out = b""
        while child.poll() is None or select.select([ours], [], [], 0)[0]:
            try:
                out += os.read(ours, 65536) if select.select([ours], [], [], 0.1)[0] else b""
            except OSError:
                break
        os.close(ours)
        assert child.wait() == 0, out
        return out.decode()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path / "work")
    yield made
    subprocess.run([str(KFINFRA), "sandbox", "down"], cwd=made.root, env=CLEAN, capture_output=True, check=False)


def test_machines_read_the_whole_life(folder: Folder) -> None:
    planned = folder.lines("plan", "-json", "-out", "p.plan")
    assert [m["type"] for m in planned] == ["version", *["planned_change"] * 3, "change_summary", "outputs"]
    plan = folder.document("show", "-json", "p.plan")
    changes = {c["address"]: c["change"] for c in plan["resource_changes"]}
    assert changes["s3_bucket.more"]["after"]["tags"] == {"token": None}
    assert changes["s3_bucket.more"]["after_unknown"]["tags"] == {"arn": True}
    assert changes["s3_bucket.more"]["after_sensitive"]["tags"] == {"token": True}
    assert (
        plan["variables"]["token"] == {"value": None} and plan["configuration"]["root_module"]["variables"]["token"]["sensitive"]
    )
    assert {"resource": "s3_bucket.artifacts", "attribute": ["arn"]} in plan["relevant_attributes"]

    applied = folder.lines("apply", "-json", "p.plan")
    kinds = [m["type"] for m in applied]
    assert kinds[0] == "version" and kinds[-2:] == ["change_summary", "outputs"]
    assert kinds.count("apply_start") == kinds.count("apply_complete") == 3
    assert applied[-1]["outputs"]["token"] == {"sensitive": True, "type": "dynamic", "value": None}

    state = folder.document("show", "-json")
    assert [r["address"] for r in state["values"]["root_module"]["resources"]] == [
        "s3_bucket.artifacts", "s3_bucket.more", "s3_sync.dataset",
    ]  # fmt: skip
    again = folder.lines("plan", "-json")
    assert [m["type"] for m in again if m["type"].startswith("refresh")] == ["refresh_start"] * 3 + ["refresh_complete"] * 3
    assert again[-2]["changes"] == {"add": 0, "change": 0, "import": 0, "remove": 0, "operation": "plan"}
    (folder.root / "secret.hcl").unlink()
    moved = folder.run("show", "-json", "p.plan")
    assert "configuration" not in json.loads(moved.stdout) and "Configuration has changed" in moved.stderr
    destroyed = folder.lines("destroy", "-json", "-auto-approve")
    assert destroyed[-1]["@message"] == "Destroy complete! Resources: 3 destroyed."


def test_failures_are_json_too(folder: Folder) -> None:
    (folder.root / "more.hcl").write_text('output "x" {\n  value = nope.x\n}\n')
    for words in (["plan"], ["apply", "-auto-approve"]):
        done = folder.run(*words, "-json")
        said = [json.loads(line) for line in done.stdout.splitlines()]
        assert done.returncode == 1 and done.stderr == ""
        assert [m["type"] for m in said] == ["version", "diagnostic"] and said[1]["@level"] == "error"
        assert said[1]["diagnostic"]["snippet"]["code"] == "  value = nope.x"
    (folder.root / "more.hcl").unlink()
    asked = folder.run("apply", "-json")
    assert asked.returncode == 1 and json.loads(asked.stdout.splitlines()[-1])["diagnostic"]["hint"].startswith(
        "use -auto-approve"
    )
    for words in (["show", "none.plan"], ["output", "nope"], ["state", "show", "s3_bucket.x"]):
        failed = folder.run(*words, "-json")
        assert failed.returncode == 1 and json.loads(failed.stdout)["type"] == "diagnostic" and failed.stderr == ""


def test_outputs_in_each_form(folder: Folder) -> None:
    none = folder.run("output")
    assert (none.returncode, none.stdout) == (0, "") and "No outputs found" in none.stderr
    assert folder.document("output", "-json") == {}
    assert folder.run("apply", "-auto-approve").returncode == 0
    assert (
        folder.run("output").stdout
        == """\
arns = {
  "first" = "arn:aws:s3:::acme-ml-experiments"
  "second one" = [
    "arn:aws:s3:::acme-more",
  ]
}
dataset = "s3://acme-ml-experiments/datasets/v1"
token = <sensitive>
"""
    )
    assert folder.run("output", "-raw", "dataset").stdout == "s3://acme-ml-experiments/datasets/v1"
    assert folder.run("output", "dataset").stdout == '"s3://acme-ml-experiments/datasets/v1"\n'
    assert folder.document("output", "-json", "arns")["second one"] == ["arn:aws:s3:::acme-more"]
    assert folder.document("output", "-json")["token"] == {"sensitive": True, "type": "dynamic", "value": None}
    raw = folder.run("output", "-raw", "arns")
    assert raw.returncode == 1 and "Unsupported value for raw output" in raw.stderr
    assert folder.run("output", "-raw").returncode == 64
    hidden = folder.run("output", "token")
    assert hidden.returncode == 1 and "sensitive" in hidden.stderr
    assert folder.document("state", "list", "-json") == ["s3_bucket.artifacts", "s3_bucket.more", "s3_sync.dataset"]
    assert folder.document("state", "show", "s3_bucket.more", "-json")["values"]["tags"]["token"] is None
    assert folder.document("graph", "-json")["s3_bucket.more"] == ["s3_bucket.artifacts"]
    shown = folder.run("show").stdout
    assert "hunter" not in shown and "token = (sensitive value)" in shown


def test_a_terminal_is_drawn_on_and_a_log_is_not(folder: Folder) -> None:
    drawn = folder.on_a_terminal("apply", "-auto-approve")
    assert "\x1b[?25l" in drawn and drawn.rindex("\x1b[?25h") > drawn.rindex("\x1b[?25l")
    plain = re.sub(r"\x1b\[\??[\d;]*[A-Za-z]", "", drawn)
    assert "s3_bucket.artifacts: Creation complete after " in plain and "Apply complete! Resources: 3 added" in plain
    for flags, env in (
        (["--no-color"], {}),
        ([], {"NO_COLOR": "1"}),
        ([], {"KFINFRA_IN_AUTOMATION": "1"}),
        ([], {"TERM": "dumb"}),
    ):
        said = folder.on_a_terminal(*flags, "plan", "-destroy", **env)
        assert "\x1b[?25l" not in said and "aws: Refreshing 3 objects..." in said
        assert ("\x1b[" in said) == (not flags and "NO_COLOR" not in env)
    assert "Refreshing" not in folder.on_a_terminal("--quiet", "plan")


def test_rich_is_imported_for_a_terminal_only(folder: Folder) -> None:
    code = "import sys\nfrom kfinfra.cli.main import run\nrun(['--sandbox', 'plan'])\nprint('rich' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder.root, env=CLEAN, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.endswith("False\n")


def test_the_global_json_flag_is_the_commands_own_and_refused_where_there_is_none(folder: Folder) -> None:
    assert json.loads(folder.run("--json", "validate").stdout)["valid"] is True
    assert folder.run("--json", "version").returncode == 64


def test_a_reader_that_has_seen_enough_is_no_bug(folder: Folder) -> None:
    command = f"{KFINFRA} --sandbox plan | head -1"
    done = subprocess.run(
        command, shell=True, cwd=folder.root, env=CLEAN, capture_output=True, text=True, timeout=120, check=False
    )
    assert "bug" not in done.stderr and len(done.stdout.splitlines()) == 1
