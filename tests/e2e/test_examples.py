"""Each example as a user runs it: planned, applied, planned empty, changed, destroyed, and the servers left empty."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
EXAMPLES = Path(__file__).parents[2] / "examples"
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "KUBE", "KF_"))}

CHANGES = {
    "artifacts": ("expire_after_days = 7", "expire_after_days = 8", "0 to add, 1 to change, 0 to destroy"),
    "manifests": ('value = "eu-west-1"', 'value = "eu-west-2"', "0 to add, 1 to change, 0 to destroy"),
    "modules": ("max = 1", "max = 2", "0 to add, 1 to change, 0 to destroy"),
    "node-groups": ("max = 4", "max = 5", "0 to add, 1 to change, 0 to destroy"),
    "pipeline-overrides": ('cpu = "2000m"', 'cpu = "1500m"', "0 to add, 1 to change, 0 to destroy"),
    "quickstart": ('cpu = "1"', 'cpu = "2"', "0 to add, 1 to change, 0 to destroy"),
}

ONE_TASK = ("pipeline-overrides", "quickstart")
"""Examples whose change is the cpu of one task."""


@dataclass
class Example:
    folder: Path
    env: dict[str, str]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [str(KFINFRA), "--sandbox", *words]
        return subprocess.run(command, cwd=self.folder, env=CLEAN, capture_output=True, text=True, timeout=300, check=False)

    def aws(self, service: str) -> Any:
        url = self.env.get(f"AWS_ENDPOINT_URL_{service.upper()}", self.env["AWS_ENDPOINT_URL"])
        return boto3.client(service, endpoint_url=url, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")

    def get(self, url: str) -> Any:
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)

    def versions(self) -> int:
        kfp = self.env["KF_PIPELINES_ENDPOINT"] + "/apis/v2beta1/pipelines"
        pipelines = self.get(kfp).get("pipelines", [])
        return sum(len(self.get(f"{kfp}/{p['pipeline_id']}/versions").get("pipeline_versions", [])) for p in pipelines)

    def kubernetes(self) -> str:
        config = Path(self.env["KUBECONFIG"]).read_text()
        return next(line.split("server:")[1].strip() for line in config.splitlines() if "server:" in line)

    def left(self) -> dict[str, Any]:
        """What the servers hold besides what they began with."""
        kube, kfp = self.kubernetes(), self.env["KF_PIPELINES_ENDPOINT"] + "/apis/v2beta1"
        names = [n["metadata"]["name"] for n in self.get(f"{kube}/api/v1/namespaces")["items"]]
        maps = [m["metadata"]["name"] for m in self.get(f"{kube}/api/v1/configmaps")["items"]]
        return {
            "buckets": self.aws("s3").list_buckets()["Buckets"],
            "node groups": self.aws("eks").list_nodegroups(clusterName="sandbox")["nodegroups"],
            "namespaces": [n for n in names if n not in ("default", "kube-node-lease", "kube-public", "kube-system", "kubeflow")],
            "definitions": self.get(f"{kube}/apis/apiextensions.k8s.io/v1/customresourcedefinitions")["items"],
            "roles": self.get(f"{kube}/apis/rbac.authorization.k8s.io/v1/roles")["items"],
            "claims": self.get(f"{kube}/api/v1/persistentvolumeclaims")["items"],
            "config maps": [m for m in maps if m != "kube-root-ca.crt"],
            "pipelines": self.get(f"{kfp}/pipelines").get("pipelines", []),
            "schedules": self.get(f"{kfp}/recurringruns").get("recurringRuns", []),
        }


@pytest.fixture(params=sorted(CHANGES))
def example(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Example]]:
    folder = tmp_path / "examples" / request.param
    shutil.copytree(EXAMPLES / request.param, folder, ignore=shutil.ignore_patterns(".kfinfra", "__pycache__"))
    shutil.copytree(EXAMPLES.parent / "modules", tmp_path / "modules")
    up = subprocess.run([str(KFINFRA), "sandbox", "up"], cwd=folder, env=CLEAN, capture_output=True, text=True, check=False)
    assert up.returncode == 0, up.stderr
    env = dict(line.removeprefix("export ").split("=", 1) for line in up.stdout.splitlines())
    yield request.param, Example(folder, env)
    subprocess.run([str(KFINFRA), "sandbox", "down"], cwd=folder, env=CLEAN, capture_output=True, check=False)


def test_an_example_lives_its_life(example: tuple[str, Example]) -> None:
    name, folder = example
    done = folder.run("apply", "-auto-approve")
    assert done.returncode == 0, done.stderr + done.stdout
    again = folder.run("plan", "-detailed-exitcode")
    assert again.returncode == 0, again.stdout + again.stderr
    versions = folder.versions()
    old, new, summary = CHANGES[name]
    main = folder.folder / "main.hcl"
    assert old in main.read_text()
    main.write_text(main.read_text().replace(old, new, 1))
    changed = folder.run("plan", "-detailed-exitcode")
    assert changed.returncode == 2 and summary in changed.stdout, changed.stdout + changed.stderr
    assert folder.run("apply", "-auto-approve").returncode == 0
    assert folder.versions() == versions + (1 if name in ONE_TASK else 0)
    assert folder.run("plan", "-detailed-exitcode").returncode == 0
    if name in ONE_TASK:
        (pipeline,) = (line for line in folder.run("state", "list").stdout.splitlines() if line.startswith("pipeline."))
        compared = folder.run("diff", pipeline).stdout
        assert "~ cpu limit: " in compared and compared.count("task ") == 1, compared
        shown = folder.run("show", pipeline).stdout
        assert 'override "fit"' in shown and "defaults" in shown and "code" in shown, shown
    gone = folder.run("destroy", "-auto-approve")
    assert gone.returncode == 0, gone.stderr
    assert not any(folder.left().values()), folder.left()
