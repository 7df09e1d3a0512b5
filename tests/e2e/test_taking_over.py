"""The installed command on what exists: let go of, written out, imported, read, moved, removed, over real HTTP."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "_KFINFRA"))}

PLATFORM = """
s3_bucket "logs" {
  name            = "acme-logs"
  versioning      = true
  encryption      = { algorithm = "AES256" }
  lifecycle_rules = [{ prefix = "tmp/", expire_after_days = 7 }, { expire_after_days = 90 }]
  policy          = jsonencode({ Version = "2012-10-17", Statement = [{
    Effect = "Deny", Principal = "*", Action = "s3:DeleteBucket", Resource = "arn:aws:s3:::acme-logs"
  }] })
  tags            = { "cost center" = "ml/1" }
}
node_group "cpu" {
  cluster   = "sandbox"
  subnets   = ["subnet-0a1b2c3d4e5f60001", "subnet-0a1b2c3d4e5f60002"]
  node_role = "arn:aws:iam::123456789012:role/kfinfra-nodes"
  scaling   = { min = 1, max = 4 }
  labels    = { workload = "batch" }
  taints    = [{ key = "a", value = "b", effect = "NoSchedule" }]
}
namespace "ml" {
  labels = { team = "ml" }
}
storage_class "fast" {
  provisioner            = "sandbox.kfinfra.dev/disk"
  allow_volume_expansion = true
}
pvc "data" {
  namespace     = namespace.ml
  size          = "1Gi"
  access_modes  = ["ReadWriteOnce"]
  storage_class = storage_class.fast
}
config_map "settings" {
  namespace = namespace.ml
  data      = { "a.yaml" = "x: $${y}\\nz: \\"1\\"\\n" }
}
resource_quota "all" {
  namespace = namespace.ml
  hard      = { "requests.cpu" = "10", pods = "20" }
}
limit_range "pods" {
  namespace = namespace.ml
  limits    = [{ type = "Container", max = { cpu = "2" }, default = { cpu = "1" } }]
}
manifest "reader" {
  namespace = namespace.ml
  manifest = {
    apiVersion = "rbac.authorization.k8s.io/v1"
    kind       = "Role"
    metadata   = { labels = { team = "ml" } }
    rules      = [{ apiGroups = [""], resources = ["pods"], verbs = ["get", "list"] }]
  }
}
experiment "trials" {
  description = "Trials of \\"everything\\"."
}
"""
IDS = {
    "s3_bucket.logs": "acme-logs",
    "node_group.cpu": "sandbox:cpu",
    "namespace.ml": "ml",
    "storage_class.fast": "fast",
    "pvc.data": "ml/data",
    "config_map.settings": "ml/settings",
    "resource_quota.all": "ml/all",
    "limit_range.pods": "ml/pods",
    "manifest.reader": "apiVersion=rbac.authorization.k8s.io/v1,kind=Role,namespace=ml,name=reader",
    "experiment.trials": "trials",
}
READS = """
data "eks_cluster" "sandbox" {}
data "pvc" "data" {
  namespace  = "ml"
  depends_on = [namespace.ml]
}
output "seen" { value = "${data.eks_cluster.sandbox.version} ${data.pvc.data.size} ${data.pvc.data.storage_class}" }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    run(tmp_path, "sandbox", "down", sandbox=False)


def run(folder: Path, *words: str, sandbox: bool = True, ok: bool = True) -> subprocess.CompletedProcess[str]:
    said = [str(KFINFRA), *(["--sandbox"] if sandbox else []), *words]
    done = subprocess.run(said, cwd=folder, env=CLEAN, capture_output=True, text=True, timeout=120, check=False)
    assert not ok or done.returncode == 0, done.stdout + done.stderr
    return done


def test_what_exists_is_taken_over_and_moved_about(folder: Path) -> None:
    main = folder / "main.hcl"
    main.write_text(PLATFORM)
    run(folder, "apply", "-auto-approve")
    assert "Successfully removed 10 objects." in run(folder, "state", "rm", *IDS).stderr

    main.write_text("".join(f'import {{\n  to = {address}\n  id = "{name}"\n}}\n' for address, name in IDS.items()))
    planned = run(folder, "plan", "-generate-config-out=imported.hcl", "-detailed-exitcode", ok=False)
    assert planned.returncode == 2, planned.stdout + planned.stderr
    assert "Plan: 10 to import, 0 to add, 0 to change, 0 to destroy." in planned.stdout, planned.stdout
    assert "Resources: 10 imported, 0 added" in run(folder, "apply", "-auto-approve").stdout
    run(folder, "plan", "-detailed-exitcode")

    written = (folder / "imported.hcl").read_text()
    for old, new in (
        ('s3_bucket "logs" {', 's3_bucket "kept" {'),
        ('config_map "settings" {', 'config_map "settings" {\n  count = 1'),
        ('pvc "data" {', 'pvc "data" {\n  force_destroy = true'),
    ):
        assert old in written
        written = written.replace(old, new)
    (folder / "imported.hcl").write_text(written)
    main.write_text(READS + "moved {\n  from = s3_bucket.logs\n  to   = s3_bucket.kept\n}\n")
    moved = run(folder, "plan", "-out", "p")
    assert "# s3_bucket.logs has moved to s3_bucket.kept" in moved.stdout
    assert "# config_map.settings has moved to config_map.settings[0]" in moved.stdout
    shown = json.loads(run(folder, "show", "-json", "p").stdout)
    assert {c["address"]: c.get("previous_address") for c in shown["resource_changes"]}["s3_bucket.kept"] == "s3_bucket.logs"
    assert {r["address"] for r in shown["prior_state"]["values"]["root_module"]["resources"] if r["mode"] == "data"} == {
        "data.eks_cluster.sandbox", "data.pvc.data",
    }  # fmt: skip
    applied = run(folder, "apply", "p")
    assert 'seen = "1.33 1Gi fast"' in applied.stdout and "s3_bucket.kept: Moved from s3_bucket.logs" in applied.stderr
    run(folder, "plan", "-detailed-exitcode")

    (folder / "imported.hcl").unlink()
    main.write_text("removed {\n  from = s3_bucket.kept\n  lifecycle {\n    destroy = false\n  }\n}\n")
    assert "Resources: 0 added, 0 changed, 9 destroyed." in run(folder, "apply", "-auto-approve").stdout
    main.write_text('s3_bucket "kept" {\n  name = "acme-logs"\n}\n')
    assert "Import successful!" in run(folder, "import", "s3_bucket.kept", "acme-logs").stderr
    pulled = run(folder, "state", "pull").stdout
    (folder / "old.json").write_text(pulled)
    run(folder, "state", "mv", "s3_bucket.kept", "s3_bucket.there")
    assert "Cannot push an older state" in run(folder, "state", "push", "old.json", ok=False).stderr


def test_a_shell_completes_addresses(folder: Path) -> None:
    (folder / "main.hcl").write_text('s3_bucket "a" {\n  name = "acme-a"\n}\nnamespace "ml" {}\n')

    def completed(line: str) -> list[str]:
        words = line.split(" ")
        asked = {"_KFINFRA_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(len(words) - 1)}
        done = subprocess.run([str(KFINFRA)], cwd=folder, env={**CLEAN, **asked}, capture_output=True, text=True, check=False)
        return done.stdout.split()

    assert completed("kfinfra import s3") == ["plain,s3_bucket.a"]
    assert completed("kfinfra plan -target na") == ["plain,namespace.ml"]
    assert completed("kfinfra state mv ") == [] and completed("kfinfra state ") >= ["plain,list", "plain,mv"]
    run(folder, "apply", "-auto-approve", "-target=s3_bucket.a")
    assert completed("kfinfra --sandbox state rm ") == ["plain,s3_bucket.a"]
