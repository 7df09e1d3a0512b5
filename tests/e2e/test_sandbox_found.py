"""A running sandbox is found again whatever becomes of its files: there is never a second one, and none that nobody can stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_"))}
BUCKET = 's3_bucket "b" {\n  name = "acme-found"\n}\n'


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(KFINFRA), *words], cwd=folder, env=CLEAN, capture_output=True, text=True, timeout=120, check=False)


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


DAMAGES: dict[str, Callable[[Path], object]] = {
    "cut off": lambda f: (f / "endpoints.json").write_text('{"pid": 1'),
    "of another": lambda f: (f / "endpoints.json").write_text((f / "endpoints.json").read_text().replace('"pid": ', '"pid": 1')),
    "no text": lambda f: (f / "endpoints.json").write_bytes(b"\xff\x00"),
    "gone": lambda f: (f / "endpoints.json").unlink(),
    "kubeconfig gone": lambda f: (f / "kubeconfig").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_files_are_put_right(tmp_path: Path, damage: str) -> None:
    (tmp_path / "main.hcl").write_text(BUCKET)
    folder = tmp_path / ".kfinfra" / "sandbox"
    try:
        assert run(tmp_path, "--sandbox", "apply", "-auto-approve").returncode == 0
        pid = int((folder / "running").read_text())
        kept = {name: (folder / name).read_text() for name in ("endpoints.json", "kubeconfig")}
        DAMAGES[damage](folder)
        assert run(tmp_path, "--sandbox", "plan", "-detailed-exitcode").returncode == 0
        deadline = time.monotonic() + 10
        while {n: _text(folder / n) for n in kept} != kept and time.monotonic() < deadline:
            time.sleep(0.05)
        assert {n: _text(folder / n) for n in kept} == kept
        assert int((folder / "running").read_text()) == pid
    finally:
        assert run(tmp_path, "sandbox", "down").returncode == 0
    assert not lives(pid)


def _text(path: Path) -> str:
    return path.read_text(errors="replace") if path.exists() else ""


def test_a_sandbox_whose_folder_is_gone_ends(tmp_path: Path) -> None:
    assert run(tmp_path, "sandbox", "up").returncode == 0
    pid = int((tmp_path / ".kfinfra" / "sandbox" / "running").read_text())
    shutil.rmtree(tmp_path / ".kfinfra")
    deadline = time.monotonic() + 20
    while lives(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not lives(pid)
    assert not (tmp_path / ".kfinfra").exists()


def test_a_dead_ones_files_do_not_count(tmp_path: Path) -> None:
    try:
        assert run(tmp_path, "sandbox", "up").returncode == 0
        os.kill(int((tmp_path / ".kfinfra" / "sandbox" / "running").read_text()), 9)
        assert run(tmp_path, "sandbox", "status").returncode == 1
        assert run(tmp_path, "sandbox", "up").returncode == 0
        assert run(tmp_path, "sandbox", "status").returncode == 0
    finally:
        run(tmp_path, "sandbox", "down")
