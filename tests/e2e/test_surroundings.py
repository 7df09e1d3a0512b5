"""The sandbox where the user's own environment would lead elsewhere: profiles, endpoints, proxies, kubeconfigs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

KFINFRA = Path(sys.executable).with_name("kfinfra")
CONFIG = """\
s3_bucket "b" {
  name = "surroundings"
}

namespace "team" {}

experiment "e" {}
"""
HOSTILE = {
    "AWS_PROFILE": "nowhere",
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
    "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
    "AWS_REGION": "mars-1",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "http_proxy": "http://127.0.0.1:9",
    "KUBECONFIG": "/nonexistent/kubeconfig",
    "KF_PIPELINES_ENDPOINT": "http://127.0.0.1:9",
}


def test_nothing_of_the_users_own_leads_the_sandbox_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text(CONFIG)

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, **HOSTILE}
        return subprocess.run(
            [str(KFINFRA), *words], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=120, check=False
        )

    try:
        for words in (("apply", "-auto-approve"), ("plan", "-detailed-exitcode"), ("destroy", "-auto-approve")):
            done = run("--sandbox", *words)
            assert done.returncode == 0, done.stderr
    finally:
        run("sandbox", "down")
