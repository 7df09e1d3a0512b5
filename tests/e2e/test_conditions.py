"""Checks and output preconditions through the command line: what is said where, and with which exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "KUBE", "KF_"))}
TEXT = """variable "days" {
  type    = number
  default = 2
}

check "week" {
  assert {
    condition     = var.days >= 7
    error_message = "Kept for ${var.days} days only."
  }
}

output "days" {
  value = var.days

  precondition {
    condition     = var.days < 100
    error_message = "${var.days} days are too many."
  }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "main.hcl").write_text(TEXT)
    return tmp_path


def kfinfra(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([str(KFINFRA), *words], cwd=folder, env=CLEAN, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done


def messages(done: subprocess.CompletedProcess[str], kind: str) -> list[dict[str, dict[str, str]]]:
    return [m for m in map(json.loads, done.stdout.splitlines()) if m["type"] == kind]


def test_a_check_is_a_warning_on_stderr_and_the_command_succeeds(folder: Path) -> None:
    planned = kfinfra(folder, "plan", "-out=p")
    assert planned.returncode == 0 and planned.stderr.count("Warning: Check block assertion failed") == 1
    assert "var.days is 2" in planned.stderr and "on main.hcl:8:" in planned.stderr
    assert "Check block" not in planned.stdout and "days = 2" in planned.stdout
    shown = json.loads(kfinfra(folder, "show", "-json", "p").stdout)["checks"]
    assert [(c["address"]["to_display"], c["status"]) for c in shown] == [("check.week", "fail"), ("output.days", "pass")]
    assert shown[0]["instances"][0]["problems"] == [{"message": "Kept for 2 days only."}]
    applied = kfinfra(folder, "apply", "-auto-approve")
    assert applied.returncode == 0 and applied.stderr.count("Warning: Check block assertion failed") == 1
    assert "Apply complete!" in applied.stdout
    assert json.loads(kfinfra(folder, "show", "-json").stdout)["checks"] == shown
    good = kfinfra(folder, "plan", "-var", "days=9")
    assert good.returncode == 0 and "Warning" not in good.stderr


def test_an_output_whose_precondition_fails_is_an_error(folder: Path) -> None:
    done = kfinfra(folder, "plan", "-var", "days=200")
    assert done.returncode == 1 and "Error: Module output value precondition failed" in done.stderr
    assert "on main.hcl:17:" in done.stderr and "200 days are too many." in done.stderr


def test_json_tells_the_same(folder: Path) -> None:
    done = kfinfra(folder, "plan", "-json")
    (found,) = messages(done, "diagnostic")
    assert done.returncode == 0 and found["@level"] == "warn"
    assert found["diagnostic"]["address"] == "check.week" and found["diagnostic"]["detail"] == "Kept for 2 days only."
    failed = kfinfra(folder, "apply", "-json", "-auto-approve", "-var", "days=200")
    assert failed.returncode == 1 and [m["diagnostic"]["address"] for m in messages(failed, "diagnostic")] == ["output.days"]
    valid = json.loads(kfinfra(folder, "validate", "-json").stdout)
    assert valid["valid"] is True and valid["diagnostics"] == []
    (folder / "main.hcl").write_text(TEXT.replace("var.days >= 7", "true"))
    wrong = json.loads(kfinfra(folder, "validate", "-json").stdout)
    assert [d["summary"] for d in wrong["diagnostics"]] == ["Invalid assert expression"]
