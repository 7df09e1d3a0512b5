"""Every compiled package of the corpus as `package = …`: applied and read back without drift, or refused before any call."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CORPUS = Path(__file__).parents[3] / "shared" / "corpus" / "kfp"
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "KUBE", "KF_"))}
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason=f"no corpus at {CORPUS}")


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(KFINFRA), *words], cwd=folder, env=CLEAN, capture_output=True, text=True, timeout=300, check=False)


def declare(folder: Path, packages: list[Path]) -> None:
    blocks = [f'pipeline "p{n}" {{\n  package = "{path}"\n}}\n' for n, path in enumerate(packages)]
    (folder / "main.hcl").write_text("".join(blocks))


def test_every_valid_package_is_applied_and_read_back_without_drift(tmp_path: Path) -> None:
    packages = sorted((CORPUS / "valid").glob("**/*.yaml"))
    assert len(packages) > 70
    declare(tmp_path, packages)
    try:
        done = run(tmp_path, "--sandbox", "apply", "-auto-approve")
        assert done.returncode == 0, done.stderr[-4000:]
        assert f"{len(packages)} added" in done.stdout
        again = run(tmp_path, "--sandbox", "plan", "-detailed-exitcode")
        assert again.returncode == 0, again.stdout[-4000:] + again.stderr[-2000:]
        up = run(tmp_path, "sandbox", "up").stdout
        env = dict(line.removeprefix("export ").split("=", 1) for line in up.splitlines())
        with urllib.request.urlopen(f"{env['KF_PIPELINES_ENDPOINT']}/apis/v2beta1/pipelines", timeout=30) as answer:
            assert json.load(answer)["total_size"] == len(packages)
    finally:
        run(tmp_path, "sandbox", "down")


@pytest.mark.parametrize("package", sorted((CORPUS / "invalid").glob("*")), ids=lambda p: p.stem)
def test_an_invalid_package_is_refused_before_any_call(package: Path, tmp_path: Path) -> None:
    declare(tmp_path, [package])
    done = run(tmp_path, "plan")  # without the sandbox: no server is there to be asked
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert "pipeline.p0" in done.stderr and "Could not" not in done.stderr, done.stderr
