"""The installed command moves its state between backends: told, asked, copied, and nothing lost on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.s3 import ENV, FakeS3

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_"))}
BUCKET = 's3_bucket "data" {\n  name = "BUCKET-data"\n}\n'


@pytest.fixture
def server() -> Iterator[FakeS3]:
    made = FakeS3()
    made.states = made.bucket(f"states-{uuid.uuid4().hex[:8]}")
    yield made
    made.stop()


class Folder:
    def __init__(self, root: Path, server: FakeS3) -> None:
        self.root, self.server = root, server
        self.env = {**CLEAN, **ENV, "AWS_ENDPOINT_URL": server.url}

    def backend(self, text: str) -> None:
        (self.root / "main.hcl").write_text(f"kfinfra {{\n  {text}\n}}\n" + BUCKET.replace("BUCKET", self.server.states))

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(KFINFRA), *words], cwd=self.root, env=self.env, capture_output=True, text=True, timeout=120, check=False
        )

    def ok(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout + done.stderr


def test_from_a_file_to_a_bucket_and_back(tmp_path: Path, server: FakeS3) -> None:
    folder = Folder(tmp_path, server)
    folder.backend("")
    folder.ok("apply", "-auto-approve")
    pulled = json.loads(folder.ok("state", "pull"))
    folder.backend(f'backend "s3" {{\n    bucket = "{server.states}"\n    key = "k"\n  }}')
    for words in (("plan",), ("apply", "-auto-approve"), ("state", "list"), ("init",)):
        told = folder.run(*words)
        assert told.returncode == 1 and "Backend has changed" in told.stderr and "-migrate-state" in told.stderr, words
    asked = folder.run("init", "-migrate-state")
    assert asked.returncode == 1 and "-force-copy" in asked.stderr
    assert server.keys(server.states) == []
    assert "Copied the state of default (1 object, serial" in folder.ok("init", "-force-copy")
    assert json.loads(folder.ok("state", "pull")) == pulled
    assert folder.run("plan", "-detailed-exitcode").returncode == 0
    assert (tmp_path / "state" / "default.kfstate").exists()

    folder.backend('backend "local" {\n    path = "here.kfstate"\n  }')
    assert "Copied the state" in folder.ok("init", "-force-copy")
    assert json.loads(folder.ok("state", "pull")) == pulled
    folder.ok("destroy", "-auto-approve")
    folder.backend(f'backend "s3" {{\n    bucket = "{server.states}"\n    key = "k"\n  }}')
    told = folder.run("init", "-force-copy")
    assert told.returncode == 1 and "Both backends have a state" in told.stderr
    folder.ok("init", "-reconfigure")
    assert folder.ok("state", "list").split() == ["s3_bucket.data"]


def test_a_bucket_that_cannot_be_reached_is_told_by_init(tmp_path: Path, server: FakeS3) -> None:
    folder = Folder(tmp_path, server)
    folder.backend('backend "s3" {\n    bucket = "not-there"\n    key = "k"\n  }')
    told = folder.run("init")
    assert told.returncode == 1 and "NoSuchBucket" in told.stderr
    folder.ok("init", "-backend=false")
    assert folder.run("init", "-reconfigure", "-migrate-state").returncode == 64


def test_a_backend_that_init_completes(tmp_path: Path, server: FakeS3) -> None:
    """Terraform's partial configuration: kept for the commands that follow, without secrets, until another init."""
    folder = Folder(tmp_path, server)
    folder.backend('backend "s3" {\n    key = "k"\n  }')
    folder.ok("validate")
    for words in (("plan",), ("state", "list"), ("init",)):
        told = folder.run(*words)
        assert told.returncode == 1 and "-backend-config=bucket=" in told.stderr, words
    (tmp_path / "ci.conf").write_text(f'bucket = "{server.states}"\nregion = "eu-west-1"\n')
    told = folder.ok("init", "-backend-config=ci.conf", "-backend-config", "key=team/k")
    assert f'bucket = "{server.states}", key = "team/k"' in told
    folder.ok("apply", "-auto-approve")
    assert "team/k" in server.keys(server.states) and folder.ok("state", "list").split() == ["s3_bucket.data"]
    folder.ok("init")  # what was given stays
    assert folder.ok("state", "list").split() == ["s3_bucket.data"]
    told = folder.run("init", "-backend-config=ci.conf")
    assert told.returncode == 1 and "Backend has changed" in told.stderr
    assert folder.ok("state", "list").split() == ["s3_bucket.data"]  # an init that fails changes nothing
    folder.ok("init", "-backend-config=ci.conf", "-force-copy")
    assert {"k", "team/k"} <= set(server.keys(server.states)) and folder.ok("state", "list").split() == ["s3_bucket.data"]
    assert "-backend-config=bucket=" in folder.run("init", "-reconfigure").stderr  # which forgets what was given
    for words in (("--sandbox", "init"), ("init", "-backend=false")):
        assert folder.run(*words, "-backend-config=ci.conf").returncode == 64


def test_the_sandbox_keeps_to_its_own_folder(tmp_path: Path, server: FakeS3) -> None:
    folder = Folder(tmp_path, server)
    folder.backend(f'backend "s3" {{\n    bucket = "{server.states}"\n    key = "k"\n  }}')
    try:
        folder.ok("--sandbox", "init")
        folder.ok("--sandbox", "apply", "-auto-approve")
        assert (tmp_path / ".kfinfra" / "sandbox" / "state" / "sandbox.kfstate").exists()
        assert server.keys(server.states) == [] and not (tmp_path / ".kfinfra" / "backend.json").exists()
    finally:
        folder.run("sandbox", "down")
