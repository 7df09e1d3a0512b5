"""kill -9 in the middle of an apply, then apply: the declared world, nothing orphaned, nothing made twice, nothing lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_"))}
MANY = 's3_bucket "many" {\n  count = 12\n  name  = "acme-many-${count.index}"\n  tags  = { n = count.index }\n}\n'


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(KFINFRA), *words], cwd=folder, env=CLEAN, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("records", [1, 2, 9, 20])
def test_a_killed_apply_is_finished_by_the_next(tmp_path: Path, records: int) -> None:
    (tmp_path / "main.hcl").write_text(MANY)
    up = run(tmp_path, "sandbox", "up").stdout
    env = dict(line.removeprefix("export ").split("=", 1) for line in up.splitlines())
    journal = tmp_path / ".kfinfra" / "sandbox" / "state" / "sandbox.kfstate.journal"
    try:
        words = [str(KFINFRA), "--sandbox", "apply", "-auto-approve", "-parallelism", "3"]
        child = subprocess.Popen(words, cwd=tmp_path, env=CLEAN, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while child.poll() is None and (not journal.exists() or journal.read_bytes().count(b"\n") < records):
            time.sleep(0.001)
        child.send_signal(signal.SIGKILL)
        assert child.wait() == -signal.SIGKILL
        again = run(tmp_path, "--sandbox", "apply", "-auto-approve")
        assert again.returncode == 0, again.stderr
        assert run(tmp_path, "--sandbox", "plan", "-detailed-exitcode").returncode == 0
        s3 = boto3.client("s3", endpoint_url=env["AWS_ENDPOINT_URL"], aws_access_key_id="s", aws_secret_access_key="s")
        assert len(s3.list_buckets()["Buckets"]) == 12
        assert len(run(tmp_path, "--sandbox", "state", "list").stdout.splitlines()) == 12
        assert run(tmp_path, "--sandbox", "destroy", "-auto-approve").returncode == 0
        assert s3.list_buckets()["Buckets"] == []
    finally:
        run(tmp_path, "sandbox", "down")
