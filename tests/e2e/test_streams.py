"""Standard streams that are closed, full, or in an encoding that lacks letters; signals that a CI job sends."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_"))}
POSIX = {"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
WRONG = 'output "x" { value = 1 / 0 }\nlocals { é = "ü🎉" }\n'


def shell(folder: Path, command: str, **env: str) -> subprocess.CompletedProcess[str]:
    words = ["sh", "-c", command.replace("kfinfra", str(KFINFRA), 1)]
    return subprocess.run(words, cwd=folder, env=CLEAN | env, capture_output=True, text=True, timeout=60, check=False)


def test_a_full_disk_behind_standard_output_is_a_diagnostic(tmp_path: Path) -> None:
    done = shell(tmp_path, "kfinfra version > /dev/full")
    assert done.returncode == 1 and "standard output: No space left on device." in done.stderr
    assert "Traceback" not in done.stderr and "bug" not in done.stderr


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-"])
def test_a_closed_stream_is_nowhere(tmp_path: Path, closed: str) -> None:
    (tmp_path / "main.hcl").write_text('output "x" { value = 1 }\n')
    done = shell(tmp_path, f"kfinfra validate {closed}")
    assert done.returncode == 0 and done.stderr == ""


def test_a_stream_that_is_ascii_has_all_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(WRONG)
    done = shell(tmp_path, "kfinfra validate", **POSIX)
    assert done.returncode == 1 and "| Error: Division by zero" in done.stderr and done.stderr.isascii()
    found = shell(tmp_path, "kfinfra validate -json", **POSIX).stdout
    assert found.isascii() and json.loads(found)["diagnostics"][1]["snippet"]["code"] == 'locals { é = "ü🎉" }'


def test_sigterm_lets_finish_what_runs_and_saves(tmp_path: Path) -> None:
    many = 'config_map "many" {\n  count = 400\n  name = "m-${count.index}"\n  namespace = "default"\n  data = {}\n}\n'
    (tmp_path / "main.hcl").write_text(many)
    journal = tmp_path / ".kfinfra" / "sandbox" / "state" / "sandbox.kfstate.journal"
    assert shell(tmp_path, "kfinfra sandbox up").returncode == 0
    try:
        words = [str(KFINFRA), "--sandbox", "apply", "-auto-approve", "-parallelism", "1"]
        log = tmp_path / "log"
        with log.open("w") as told:
            child = subprocess.Popen(words, cwd=tmp_path, env=CLEAN, stdout=subprocess.DEVNULL, stderr=told)
        while child.poll() is None and not journal.exists():
            time.sleep(0.001)
        child.send_signal(signal.SIGTERM)
        assert child.wait(timeout=60) == 130
        assert "Interrupted: finishing what runs" in log.read_text() and not journal.exists()
        assert shell(tmp_path, "kfinfra --sandbox state list").stdout.count("\n") < 400
    finally:
        shell(tmp_path, "kfinfra sandbox down")
