"""The installed command on the artifacts example: applied, planned empty, changed, drifted, destroyed, over real HTTP."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "artifacts"
KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_"))}


class Folder:
    """A copy of the example, and the command in it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        shutil.copytree(EXAMPLE, root, ignore=shutil.ignore_patterns(".kfinfra", "state"))

    def run(self, *arguments: str, sandbox: bool = True, **env: str) -> subprocess.CompletedProcess[str]:
        words = [str(KFINFRA), *(["--sandbox"] if sandbox else []), *arguments]
        return subprocess.run(
            words, cwd=self.root, env={**CLEAN, **env}, capture_output=True, text=True, timeout=120, check=False
        )

    def edit(self, old: str, new: str) -> None:
        path = self.root / "main.hcl"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    def s3(self) -> Any:
        import boto3

        up = self.run("sandbox", "up", sandbox=False).stdout
        env = dict(line.removeprefix("export ").split("=", 1) for line in up.splitlines())
        keys = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox", "region_name": env["AWS_REGION"]}
        return boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL"], **keys)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path / "work")
    yield made
    made.run("sandbox", "down", sandbox=False)


def test_the_whole_life_of_the_example(folder: Folder) -> None:
    planned = folder.run("plan", "-detailed-exitcode")
    assert planned.returncode == 2 and "Plan: 2 to add, 0 to change, 0 to destroy." in planned.stdout, planned.stderr
    applied = folder.run("apply", "-auto-approve")
    assert applied.returncode == 0, applied.stderr
    assert 'dataset = "s3://acme-ml-experiments/datasets/v1"' in applied.stdout
    assert folder.run("plan", "-detailed-exitcode").returncode == 0
    s3 = folder.s3()
    keys = [o["Key"] for o in s3.list_objects_v2(Bucket="acme-ml-experiments")["Contents"]]
    assert [k for k in keys if not k.endswith(".json")] == ["datasets/v1/test.csv", "datasets/v1/train.csv"]

    folder.edit('team = "ml"', 'team = "data"')
    (folder.root / "data" / "more.csv").write_text("a,b\n5,6\n")
    changed = folder.run("plan")
    assert '~ team = "ml" -> "data"' in changed.stdout and "1 file added (8 B)" in changed.stdout
    assert folder.run("apply", "-auto-approve").returncode == 0
    tags = {t["Key"]: t["Value"] for t in s3.get_bucket_tagging(Bucket="acme-ml-experiments")["TagSet"]}
    assert tags["team"] == "data" and tags["kfinfra.dev/owner"].endswith("/s3_bucket.artifacts")

    s3.put_object(Bucket="acme-ml-experiments", Key="datasets/v1/train.csv", Body=b"tampered")
    drifted = folder.run("plan")
    assert "Objects have changed outside of kfinfra" in drifted.stdout and "train.csv" in drifted.stdout
    assert folder.run("apply", "-auto-approve").returncode == 0
    body = s3.get_object(Bucket="acme-ml-experiments", Key="datasets/v1/train.csv")["Body"].read()
    assert body == (EXAMPLE / "data" / "train.csv").read_bytes()

    destroyed = folder.run("destroy", "-auto-approve")
    assert destroyed.returncode == 0 and "2 destroyed" in destroyed.stdout, destroyed.stderr
    assert "- 3 files deleted (" in destroyed.stdout
    assert s3.list_buckets()["Buckets"] == []


def test_a_bucket_that_holds_data_is_not_destroyed_without_being_told_to(folder: Folder) -> None:
    folder.edit("force_destroy   = true", "force_destroy   = false")
    assert folder.run("apply", "-auto-approve").returncode == 0
    destroyed = folder.run("destroy", "-auto-approve")
    assert destroyed.returncode == 1 and "Bucket is not empty" in destroyed.stderr
    assert folder.run("state", "list").stdout == "s3_bucket.artifacts\n"


def test_a_bucket_of_somebody_else_is_not_taken(folder: Folder) -> None:
    folder.s3().create_bucket(Bucket="acme-ml-experiments", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    applied = folder.run("apply", "-auto-approve")
    assert applied.returncode == 1 and "Bucket already exists" in applied.stderr and "Traceback" not in applied.stderr
    assert folder.run("state", "list").stdout == ""


def test_without_delete_files_stay_and_a_destroy_takes_them_too(folder: Folder) -> None:
    folder.edit("delete  = true", "delete  = false")
    folder.edit("versioning      = true", "versioning      = false")
    folder.edit("force_destroy   = true", "force_destroy   = false")
    assert folder.run("apply", "-auto-approve").returncode == 0
    (folder.root / "data" / "test.csv").unlink()
    assert "1 file no longer in the folder, and kept (delete = false)" in folder.run("plan").stdout
    assert folder.run("apply", "-auto-approve").returncode == 0
    assert folder.run("plan", "-detailed-exitcode").returncode == 0
    s3 = folder.s3()
    assert s3.head_object(Bucket="acme-ml-experiments", Key="datasets/v1/test.csv")["ContentLength"] > 0
    destroyed = folder.run("destroy", "-auto-approve")
    assert destroyed.returncode == 0, destroyed.stderr


def test_a_saved_plan_is_applied_without_asking(folder: Folder) -> None:
    assert folder.run("plan", "-out", "p.plan").returncode == 0
    assert (folder.root / "p.plan").stat().st_mode & 0o777 == 0o600
    assert folder.run("apply", "p.plan").returncode == 0
    again = folder.run("apply", "p.plan")
    assert again.returncode == 1 and "Saved plan is stale" in again.stderr


def test_nobody_to_ask_and_a_refused_connection_and_usage(folder: Folder) -> None:
    asked = folder.run("apply")
    assert asked.returncode == 1 and "-auto-approve" in asked.stderr
    keys = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "hunter2", "AWS_REGION": "eu-west-1"}
    refused = folder.run("apply", "-auto-approve", sandbox=False, AWS_ENDPOINT_URL="http://127.0.0.1:9", **keys)
    assert refused.returncode == 1 and "AWS cannot be reached" in refused.stderr
    assert "hunter2" not in refused.stderr + refused.stdout and "Traceback" not in refused.stderr
    assert folder.run("plan", "-nope").returncode == 64


def test_the_sandbox_never_leads_to_the_users_own_servers(folder: Folder) -> None:
    folder.edit(
        'variable "bucket"',
        'provider "aws" {\n  profile   = "prod"\n  endpoints = { s3 = "http://127.0.0.1:9" }\n}\nvariable "bucket"',
    )
    done = folder.run("apply", "-auto-approve", AWS_ENDPOINT_URL_S3="http://127.0.0.1:9", AWS_SESSION_TOKEN="t")
    assert done.returncode == 0, done.stderr
    assert len(folder.s3().list_buckets()["Buckets"]) == 1


def test_a_saved_plan_takes_no_flags_of_planning(folder: Folder) -> None:
    assert folder.run("apply", "-destroy", "p.plan").returncode == 64


def test_validate_speaks_terraforms_json(folder: Folder) -> None:
    assert folder.run("validate", sandbox=False).returncode == 0
    folder.edit("versioning", "versoning")
    answer = folder.run("validate", "-json", sandbox=False)
    said = json.loads(answer.stdout)
    assert answer.returncode == 1 and not said["valid"] and said["error_count"] == 1
    assert said["diagnostics"][0]["range"]["filename"] == "main.hcl"
    assert 'Did you mean "versioning"?' in said["diagnostics"][0]["detail"]


@pytest.mark.parametrize("arguments", [["version"], ["--help"], ["plan", "--help"]])
def test_starting_imports_no_sdk(arguments: list[str]) -> None:
    code = (
        "import sys\nfrom kfinfra.cli.main import run\n"
        f"run({arguments!r})\n"
        "print([m for m in ('boto3', 'botocore', 'kubernetes', 'kfp', 'hcl2', 'lark', 'moto') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.endswith("[]\n")


def test_a_new_configuration_is_valid(tmp_path: Path) -> None:
    words = [str(KFINFRA), "init", "--new", "fresh"]
    assert subprocess.run(words, cwd=tmp_path, env=CLEAN, capture_output=True, check=False).returncode == 0
    done = subprocess.run(
        [str(KFINFRA), "-C", "fresh", "init"], cwd=tmp_path, env=CLEAN, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
