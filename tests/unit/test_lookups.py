"""A key that a task takes out of a declared config map or secret which does not have it: a warning where it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.catalogue import provider_types, resource_types
from kfinfra.app.validation import validated
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load

BLOCKS = """
config_map "settings" {
  data        = { REGION = "eu-west-1", LEVEL = "info" }
  binary_data = { logo = "AAE=" }
}
secret "api" {
  data = { TOKEN = "x" }
}
pipeline "p" {
%s
}
"""
COMPONENT = '  component "c" {\n    image   = "busybox"\n    command = ["true"]\n  }\n'
TASK = 'task "fit" {\n    component = component.c'
KEYS = '  %s {\n    env_from = [{ %s, keys = { %s = "X" } }]\n  }'


def warnings(folder: Path, text: str) -> list[tuple[str, str, str]]:
    made = COMPONENT if 'task "fit"' in text else '  package = "p.yaml"\n'
    (folder / "main.hcl").write_text(text.replace('pipeline "p" {\n', f'pipeline "p" {{\n{made}').replace('task "fit" {', TASK))
    config = load(FolderSources(folder), resource_types(), provider_types(), {})
    found = validated(config)
    return [(str(d.span), d.address or "", d.detail) for d in found if d.summary == "Key is not in the object"]


@pytest.mark.parametrize("block", ["defaults", 'override "fit"', 'task "fit"'])
@pytest.mark.parametrize("key", ["REGION", "LEVEL", "logo"])
def test_keys_that_are_there(tmp_path: Path, block: str, key: str) -> None:
    assert warnings(tmp_path, BLOCKS % (KEYS % (block, "config_map = config_map.settings", key))) == []


@pytest.mark.parametrize(("block", "line"), [("defaults", 12), ('override "fit"', 12), ('task "fit"', 16)])
def test_a_key_that_is_not_there(tmp_path: Path, block: str, line: int) -> None:
    (found,) = warnings(tmp_path, BLOCKS % (KEYS % (block, "config_map = config_map.settings", "REGON")))
    assert found[:2] == (f"main.hcl:{line}:70", "pipeline.p")
    assert found[2].endswith('Did you mean "REGION"?')


def test_a_key_of_a_secret(tmp_path: Path) -> None:
    inside = '  defaults {\n    secret_env = [{ secret = secret.api, key = "TOKE", name = "T" }]\n  }'
    (found,) = warnings(tmp_path, BLOCKS % inside)
    assert found[0] == "main.hcl:12:48"
    assert 'The secret "api" has no key "TOKE"' in found[2]


def test_keys_of_a_sensitive_map_are_in_no_message(tmp_path: Path) -> None:
    text = 'variable "v" {\n  sensitive = true\n  default = { TOKEN = "x" }\n}\n' + BLOCKS.replace('{ TOKEN = "x" }', "var.v")
    (found,) = warnings(tmp_path, text % (KEYS % ("defaults", "secret = secret.api", "TOKE")))
    assert "TOKEN" not in found[2]


@pytest.mark.parametrize(
    ("holder", "asked"),
    [
        ('config_map "s" {\n  data = { A = pvc.p.volume_name }\n}', ["B"]),  # a value is not known yet, the keys are
        ('config_map "s" {\n  data = { (pvc.p.volume_name) = "x" }\n}', []),
        ('config_map "s" {\n  data = jsondecode(pvc.p.volume_name)\n}', []),
        ('config_map "s" {}', ["B"]),
    ],
)
def test_keys_that_are_not_known_yet(tmp_path: Path, holder: str, asked: list[str]) -> None:
    claim = 'pvc "p" {\n  size = "1Gi"\n  access_modes = ["ReadWriteOnce"]\n}\n'
    text = claim + holder + '\npipeline "p" {\n' + KEYS % ("defaults", "config_map = config_map.s", "B") + "\n}"
    assert len(warnings(tmp_path, text)) == len(asked)


def test_an_object_that_is_not_declared_is_not_looked_at(tmp_path: Path) -> None:
    assert warnings(tmp_path, BLOCKS % (KEYS % ("defaults", 'config_map = "settings"', "NO"))) == []
    data = 'data "config_map" "d" {\n  name = "d"\n}\n'
    assert warnings(tmp_path, data + BLOCKS % (KEYS % ("defaults", "config_map = data.config_map.d", "NO"))) == []
