"""Mistakes in the real resource types, as a user meets them: one clear diagnostic with its line, exit code 1, no traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "KUBE", "KF_"))}
GROUP = 'node_group "g" {\n  cluster = "c"\n  subnets = ["subnet-1"]\n  node_role = "arn:aws:iam::123456789012:role/n"\n%s\n}'
CPU = 'instance_types = ["m5.xlarge"]\n'
CLAIM = 'pvc "p" {\n  size = "%s"\n  access_modes = ["ReadWriteOnce"]\n}'
PIPELINE = 'pipeline "t" {\n  source = "t.py"\n%s\n}'
RUN = 'pipeline "t" {\n  source = "t.py"\n}\nrecurring_run "r" {\n  pipeline = pipeline.t\n%s\n}'

MISTAKES = {
    "unknown attribute": ('s3_bucket "b" {\n  versoning = true\n}', 2, 'Did you mean "versioning"?'),
    "bucket name": ('s3_bucket "b" {\n  name = "Acme_Data"\n}', 2, "Invalid bucket name"),
    "reserved tag": ('s3_bucket "b" {\n  tags = { "aws:x" = "y" }\n}', 2, "Reserved tag"),
    "days": ('s3_bucket "b" {\n  lifecycle_rules = [{ expire_after_days = 0 }]\n}', 2, "Invalid number of days"),
    "null in a list": (GROUP % '  instance_types = ["m5.large", null]\n  scaling = { min = 0, max = 1 }', 5, "instance_types[1]"),
    "null in a list of objects": (
        GROUP % (CPU + "  scaling = { min = 0, max = 1 }\n  taints = [null]"),
        7,
        "Null value in a list",
    ),
    "null in a map of labels": ('config_map "c" {\n  labels = { a = null, b = "x" }\n}', 2, "labels.a"),
    "null in a map of tags": ('s3_bucket "b" {\n  name = "b-1"\n  tags = {\n    A = null\n  }\n}', 4, "Null value in a map"),
    "null in a secret": ('secret "s" {\n  data = { TOKEN = null }\n}', 2, "if v != null"),
    "null in default tags": (
        's3_bucket "b" {\n}\nprovider "aws" {\n  default_tags = { q = null }\n}',
        4,
        "default_tags.q",
    ),
    "null in a task's environment": (PIPELINE % '  override "fit" {\n    env = { A = null }\n  }', 4, "Null value in a map"),
    "a variable with a NUL": (PIPELINE % '  override "fit" {\n    env = { A = "a\\u0000" }\n  }', 4, "U+0000"),
    "key without kms": ('s3_bucket "data" {\n  encryption = { kms_key = "k" }\n}', 2, "aws:kms"),
    "missing": ('s3_sync "s" {\n  prefix = "p"\n  source = "data"\n}', 1, "bucket"),
    "prefix": ('s3_sync "s" {\n  bucket = "abc"\n  prefix = "/p"\n  source = "data"\n}', 3, "Invalid prefix"),
    "a download without a target": (
        's3_sync "s" {\n  bucket = "abc"\n  prefix = "p"\n  direction = "download"\n}',
        1,
        '"target"',
    ),
    "an upload with a target": (
        's3_sync "s" {\n  bucket = "abc"\n  prefix = "p"\n  target = "x"\n  source = "y"\n}',
        4,
        "direction",
    ),
    "direction": ('s3_sync "s" {\n  bucket = "abc"\n  prefix = "p"\n  source = "x"\n  direction = "down"\n}', 5, "download"),
    "a manifest of a known kind": (
        'manifest "m" {\n  manifest = {\n    apiVersion = "v1"\n    kind = "Secret"\n  }\n}',
        4,
        "secret",
    ),
    "a manifest without a kind": ('manifest "m" {\n  manifest = { apiVersion = "v1" }\n}', 2, '"kind"'),
    "a manifest with a status": (
        'manifest "m" {\n  manifest = {\n    apiVersion = "v1"\n    kind = "Service"\n    status = {}\n  }\n}',
        5,
        "controllers",
    ),
    "warm pool of spot": (GROUP % (CPU + 'scaling = { min = 1, max = 2 }\ncapacity_type = "SPOT"\nwarm_pool = {}'), 8, "spot"),
    "repair turned off": (
        GROUP % (CPU + "scaling = { min = 1, max = 2 }\nnode_repair_config = { max_parallel_nodes_repaired_count = 1 }"),
        7,
        "node_repair = true",
    ),
    "update strategy": (
        GROUP % (CPU + 'scaling = { min = 1, max = 2 }\nupdate_config = { max_unavailable = 1, update_strategy = "FAST" }'),
        7,
        "MINIMAL",
    ),
    "quantity": (CLAIM % "5 Gi", 2, "5 Gi"),
    "access mode": ('pvc "p" {\n  size = "1Gi"\n  access_modes = ["ReadMany"]\n}', 3, "ReadWriteMany"),
    "an access mode after another": (
        'pvc "p" {\n  size = "1Gi"\n  access_modes = ["ReadWriteOnce",\n    "Bad"]\n}',
        4,
        "ReadWriteMany",
    ),
    "a null in a set": ('pvc "p" {\n  size = "1Gi"\n  access_modes = ["ReadWriteOnce",\n    null]\n}', 4, "access_modes[1]"),
    "a certificate without its key": (
        'secret "s" {\n  type = "kubernetes.io/tls"\n  data = { "tls.crt" = "x" }\n}',
        3,
        'holds "tls.key"',
    ),
    "registries that are no JSON": (
        'secret "s" {\n  type = "kubernetes.io/dockerconfigjson"\n  data = {\n    ".dockerconfigjson" = "hunter2"\n  }\n}',
        4,
        "jsonencode",
    ),
    "namespace name": ('namespace "ml" {\n  name = "M_L"\n}', 2, "M_L"),
    "taint effect": (GROUP % (CPU + 'taints = [{ key = "a", value = "b", effect = "NoSchedul" }]'), 6, "NoSchedule"),
    "min over max": (GROUP % (CPU + "scaling = { min = 3, max = 2 }"), 6, "min"),
    "gpu without image": (
        GROUP % 'instance_types = ["g5.xlarge"]\nami_type = "AL2023_x86_64_STANDARD"\nscaling = { min = 0, max = 1 }',
        6,
        "NVIDIA",
    ),
    "capacity": (GROUP % (CPU + 'capacity_type = "SPOTTY"'), 6, "SPOT"),
    "source and package": (PIPELINE % '  package = "p.yaml"', 3, "exactly one"),
    "claim that is not declared": (PIPELINE % '  override "fit" {\n    mounts = [{ pvc = pvc.no, path = "/x" }]\n  }', 4, "pvc"),
    "claim by name": (PIPELINE % '  override "fit" {\n    mounts = [{ pvc = "data", path = "/x" }]\n  }', 4, "pvc.NAME"),
    "task setting": (PIPELINE % '  override "fit" {\n    node_grup = 1\n  }', 4, 'Did you mean "node_group"?'),
    "five fields": (RUN % '  cron = "0 2 * * *"', 6, "0 0 2 * * *"),
    "concurrency": (RUN % '  cron = "0 0 2 * * *"\n  max_concurrency = 11', 7, "10"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_with_its_line(name: str, tmp_path: Path) -> None:
    text, line, words = MISTAKES[name]
    (tmp_path / "main.hcl").write_text(text + "\n")
    done = subprocess.run([str(KFINFRA), "validate"], cwd=tmp_path, env=CLEAN, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and "Traceback" not in done.stderr and "bug" not in done.stderr, done.stderr
    assert f"on main.hcl:{line}:" in done.stderr, done.stderr
    assert words in " ".join(done.stderr.replace("│", " ").split()), done.stderr
