"""The installed command with its state in S3: killed, unlocked and finished; workspaces; pull and push; no local file."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.s3 import ENV, FakeS3

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_"))}
CONFIG = """\
kfinfra {
  backend "s3" {
    bucket = var.states
    key    = "team/${local.name}"
  }
}

variable "states" {}

locals { name = "ml.kfstate" }

s3_bucket "many" {
  count = 6
  name  = "${var.states}-${kfinfra.workspace}-${count.index}"
}
"""


@pytest.fixture
def server() -> Iterator[FakeS3]:
    made = FakeS3()
    made.states = made.bucket(f"states-{uuid.uuid4().hex[:8]}")
    yield made
    made.stop()


class Folder:
    def __init__(self, root: Path, server: FakeS3) -> None:
        self.root = root
        self.env = {**CLEAN, **ENV, "AWS_ENDPOINT_URL": server.url, "KFINFRA_VAR_states": server.states}
        (root / "main.hcl").write_text(CONFIG)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(KFINFRA), *words], cwd=self.root, env=self.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(KFINFRA), *words],
            cwd=self.root,
            env={**self.env, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )


ENCRYPTED = """\
kfinfra {
  encryption {
    key_provider "pbkdf2" "main" { passphrase = var.passphrase }
    method "aes_gcm" "main" { keys = key_provider.pbkdf2.main }
    state { method = method.aes_gcm.main }
    plan { method = method.aes_gcm.main }
  }
}

variable "passphrase" {
  type      = string
  ephemeral = true
}
"""


def made(server: FakeS3) -> set[str]:
    return {n for b in server.client.list_buckets()["Buckets"] if (n := b["Name"]).startswith(f"{server.states}-")}


def test_a_killed_apply_leaves_a_lock_that_names_itself_and_is_finished_by_the_next(tmp_path: Path, server: FakeS3) -> None:
    folder = Folder(tmp_path, server)
    child = folder.start("apply", "-auto-approve", "-parallelism", "2")
    while child.poll() is None and sum(f"PUT /{server.states}/team/ml.kfstate.journal" in r for r in server.requests) < 5:
        time.sleep(0.01)
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert child.returncode == -signal.SIGKILL
    refused = folder.run("apply", "-auto-approve")
    assert refused.returncode == 1 and "in use by apply" in refused.stderr
    lock = json.loads(server.client.get_object(Bucket=server.states, Key="team/ml.kfstate.lock")["Body"].read())
    assert f"force-unlock {lock['id']}" in " ".join(refused.stderr.replace("│", " ").split())
    assert folder.run("force-unlock", "-force", lock["id"]).returncode == 0
    again = folder.run("apply", "-auto-approve")
    assert again.returncode == 0, again.stderr
    assert folder.run("plan", "-detailed-exitcode").returncode == 0
    assert made(server) == {f"{server.states}-default-{n}" for n in range(6)}
    assert len(folder.run("state", "list").stdout.splitlines()) == 6
    assert server.keys(server.states) == ["team/ml.kfstate", "team/ml.kfstate.backup"]
    assert not (tmp_path / "state").exists()


def test_workspaces_pull_and_push(tmp_path: Path, server: FakeS3) -> None:
    folder = Folder(tmp_path, server)
    assert folder.run("workspace", "new", "dev").returncode == 0
    applied = folder.run("apply", "-auto-approve")
    assert applied.returncode == 0, applied.stderr
    assert made(server) == {f"{server.states}-dev-{n}" for n in range(6)}
    assert "env:/dev/team/ml.kfstate" in server.keys(server.states)
    assert folder.run("workspace", "list").stdout.split() == ["default", "*", "dev"]
    pulled = folder.run("state", "pull").stdout
    (tmp_path / "kept.json").write_text(pulled)
    assert folder.run("destroy", "-auto-approve").returncode == 0
    assert "Cannot push an older state" in folder.run("state", "push", "kept.json").stderr
    pushed = folder.run("state", "push", "-force", "kept.json")
    assert pushed.returncode == 0 and "6 objects" in pushed.stderr
    assert folder.run("destroy", "-auto-approve").returncode == 0
    assert folder.run("workspace", "select", "default").returncode == 0
    assert folder.run("workspace", "delete", "dev").returncode == 0
    assert server.keys(server.states) == []


def test_a_variable_without_a_value_is_told_where_the_state_is_needed(tmp_path: Path, server: FakeS3) -> None:
    folder = Folder(tmp_path, server)
    del folder.env["KFINFRA_VAR_states"]
    assert folder.run("validate").returncode == 0
    told = folder.run("state", "list")
    assert told.returncode == 1 and "The state cannot be reached" in told.stderr and "main.hcl" in told.stderr


def test_state_and_plans_are_encrypted_and_a_wrong_passphrase_changes_nothing(tmp_path: Path, server: FakeS3) -> None:
    folder = Folder(tmp_path, server)
    (tmp_path / "encryption.hcl").write_text(ENCRYPTED)
    key = {"KFINFRA_VAR_passphrase": "correct horse battery staple"}
    planned = folder.run("plan", "-out", "saved", **key)
    assert planned.returncode == 0, planned.stderr
    assert server.states.encode() not in (tmp_path / "saved").read_bytes()
    assert "s3_bucket.many[0]" in folder.run("show", "saved", **key).stdout
    assert "cannot be decrypted" in folder.run("show", "saved", KFINFRA_VAR_passphrase="something else, as long").stderr
    applied = folder.run("apply", "saved", **key)
    assert applied.returncode == 0, applied.stderr
    state = server.client.get_object(Bucket=server.states, Key="team/ml.kfstate")["Body"].read()
    assert server.states.encode() not in state
    told = folder.run("apply", "-auto-approve", KFINFRA_VAR_passphrase="something else, as long")
    assert told.returncode == 1 and "cannot be decrypted" in told.stderr and "Traceback" not in told.stderr
    assert server.client.get_object(Bucket=server.states, Key="team/ml.kfstate")["Body"].read() == state
    assert folder.run("plan", "-detailed-exitcode", **key).returncode == 0
    assert json.loads(folder.run("state", "pull", **key).stdout)["serial"] >= 1
    (tmp_path / "encryption.hcl").unlink()
    assert "is encrypted" in folder.run("state", "list").stderr
