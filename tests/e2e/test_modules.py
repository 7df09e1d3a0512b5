"""The installed command on a configuration of modules: one from a git repository, repeated, nested, in the sandbox."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

KFINFRA = Path(sys.executable).with_name("kfinfra")
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "KFINFRA_", "_KFINFRA", "GIT_"))}

MAIN = """
variable "teams" {
  default = { ads = "1", search = "2" }
}
module "team" {
  source   = "./team"
  for_each = var.teams
  name     = each.key
  level    = each.value
}
output "settings" {
  value = { for name, team in module.team : name => team.settings }
}
"""
TEAM = """
variable "name" { type = string }
variable "level" { type = string }
namespace "this" { name = "ml-${var.name}" }
module "settings" {
  source    = "git::file://REPOSITORY//settings?ref=v1"
  count     = 2
  namespace = namespace.this.name
  data      = { LEVEL = var.level, N = count.index }
}
output "settings" { value = module.settings[*].name }
"""
SETTINGS = """
variable "namespace" { type = string }
variable "data" { type = map(string) }
config_map "this" {
  namespace = var.namespace
  name      = "settings-${var.data.N}"
  data      = var.data
}
output "name" { value = "${config_map.this.namespace}/${config_map.this.name}" }
"""


def git(folder: Path, *words: str) -> None:
    who = ("-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false", "-c", "tag.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=folder, env=CLEAN, check=True, capture_output=True)


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    """A configuration whose innermost module is in a repository of its own."""
    repository, folder = tmp_path / "repository", tmp_path / "root"
    (repository / "settings").mkdir(parents=True)
    (repository / "settings" / "main.hcl").write_text(SETTINGS)
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-qm", "one")
    git(repository, "tag", "v1")
    (folder / "team").mkdir(parents=True)
    (folder / "main.hcl").write_text(MAIN)
    (folder / "team" / "main.hcl").write_text(TEAM.replace("REPOSITORY", str(repository)))
    yield folder
    run(folder, "sandbox", "down")


def run(folder: Path, *words: str, stdin: str = "", code: int | None = None) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [str(KFINFRA), *words], cwd=folder, env=CLEAN, input=stdin, capture_output=True, text=True, timeout=120, check=False
    )
    assert code is None or done.returncode == code, done.stdout + done.stderr
    return done


def test_modules_from_init_to_destroy(root: Path) -> None:
    refused = run(root, "--sandbox", "plan", code=1)
    assert "Module not installed" in refused.stderr and "kfinfra init" in refused.stderr
    said = run(root, "init", code=0).stderr
    assert "- module.team.module.settings: git::file://" in said and "?ref=v1 at " in said
    assert (root / ".kfinfra.lock.hcl").read_text().count("commit =") == 1

    run(root, "--sandbox", "apply", "-auto-approve", code=0)
    assert json.loads(run(root, "--sandbox", "output", "-json", "settings", code=0).stdout) == {
        "ads": ["ml-ads/settings-0", "ml-ads/settings-1"], "search": ["ml-search/settings-0", "ml-search/settings-1"],
    }  # fmt: skip
    run(root, "--sandbox", "plan", "-detailed-exitcode", code=0)
    listed = run(root, "--sandbox", "state", "list", 'module.team["ads"]', code=0).stdout.split()
    assert listed == [
        'module.team["ads"].namespace.this', 'module.team["ads"].module.settings[0].config_map.this',
        'module.team["ads"].module.settings[1].config_map.this',
    ]  # fmt: skip
    asked = run(root, "--sandbox", "console", stdin='module.team["ads"].settings[1]\n', code=0)
    assert asked.stdout == '"ml-ads/settings-1"\n'

    (root / "main.auto.kfvars").write_text('teams = { ads = "9", search = "2" }\n')
    run(root, "--sandbox", "plan", "-out", "p", code=0)
    plan = json.loads(run(root, "--sandbox", "show", "-json", "p", code=0).stdout)
    changed = {c["address"]: c["module_address"] for c in plan["resource_changes"] if c["change"]["actions"] == ["update"]}
    assert changed == {
        f'module.team["ads"].module.settings[{n}].config_map.this': f'module.team["ads"].module.settings[{n}]' for n in (0, 1)
    }
    call = plan["configuration"]["root_module"]["module_calls"]["team"]
    assert call["source"] == "./team" and call["expressions"]["name"] == {"references": ["each.key"]}
    assert [m["address"] for m in plan["planned_values"]["root_module"]["child_modules"]] == [
        'module.team["ads"]',
        'module.team["search"]',
    ]
    run(root, "--sandbox", "apply", "p", code=0)

    run(root, "--sandbox", "destroy", "-auto-approve", "-target", 'module.team["ads"].module.settings', code=0)
    left = run(root, "--sandbox", "state", "list", code=0).stdout.split()
    assert left == [
        'module.team["ads"].namespace.this', 'module.team["search"].namespace.this',
        'module.team["search"].module.settings[0].config_map.this', 'module.team["search"].module.settings[1].config_map.this',
    ]  # fmt: skip
    assert "module.team.module.settings.config_map.this" in run(root, "graph", code=0).stdout
    run(root, "--sandbox", "destroy", "-auto-approve", code=0)
    assert run(root, "--sandbox", "state", "list", code=0).stdout == ""
