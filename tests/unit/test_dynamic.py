"""`dynamic` blocks: one for each element, with its names, labels and mistakes; and what values of a sibling module wait for."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.config.configuration import Configuration
from kfinfra.config.files import FolderSources
from kfinfra.config.keys import BlockKey
from kfinfra.config.loading import load
from tests.unit.test_bad_input import PROVIDERS, TYPES, mistakes

PORTS = 'machine "d" {\n  disk = "d-1"\n'


def loaded(folder: Path, text: str, **modules: str) -> Configuration:
    (folder / "main.hcl").write_text(text)
    for name, inner in modules.items():
        (folder / name).mkdir()
        (folder / name / "main.hcl").write_text(inner)
    return load(FolderSources(folder), TYPES, PROVIDERS, {})


def ports(folder: Path, text: str) -> object:
    config = loaded(folder, PORTS + text + "\n}")
    (desired,) = config.instances(BlockKey((), "machine", "d"))
    return desired.resource.attributes["port"]


def test_a_block_for_each_element(tmp_path: Path) -> None:
    text = """
  dynamic "port" {
    for_each = { http = 80, https = 443 }
    labels   = [port.key]
    content {
      number = port.value
    }
  }
  port "own" { number = 1 }
"""
    assert ports(tmp_path, text) == {"http": {"number": 80}, "https": {"number": 443}, "own": {"number": 1}}


def test_lists_sets_and_a_name_of_its_own(tmp_path: Path) -> None:
    text = """
  dynamic "port" {
    for_each = [8080, 9090]
    iterator = it
    labels   = ["p${it.key}"]
    content { number = it.value + 1 }
  }
  dynamic "port" {
    for_each = toset(["a"])
    labels   = [port.value]
    content { number = length(port.key) }
  }
"""
    assert ports(tmp_path, text) == {"p0": {"number": 8081}, "p1": {"number": 9091}, "a": {"number": 1}}


def test_nothing_makes_no_block(tmp_path: Path) -> None:
    assert ports(tmp_path, 'dynamic "port" {\n for_each = []\n labels = ["x"]\n content { number = 1 }\n}') == {}


DYNAMIC = PORTS + '  dynamic "port" {\n'
CONTENT = "    content { number = 1 }\n  }\n}"
MISTAKES = [
    (DYNAMIC + CONTENT, "Missing required argument", 3, '"for_each"'),
    (DYNAMIC + "    for_each = 3\n" + CONTENT, "Invalid dynamic for_each value", 4, "not number"),
    (DYNAMIC + "    for_each = null\n" + CONTENT, "Invalid dynamic for_each value", 4, "not null"),
    (DYNAMIC + "    for_each = [1]\n    number = 1\n" + CONTENT, "Unsupported argument", 5, "content"),
    (DYNAMIC + '    for_each = [1]\n    labels = "x"\n' + CONTENT, "Invalid dynamic labels", 5, "list of texts"),
    (DYNAMIC + "    for_each = [1]\n    labels = [3]\n" + CONTENT, "Invalid dynamic labels", 5, "number"),
    (DYNAMIC + '    for_each = [1]\n    iterator = "x"\n' + CONTENT, "Invalid iterator name", 5, "without quotes"),
    (DYNAMIC + "    for_each = [1]\n  }\n}", "Wrong number of content blocks", 3, "content { … }"),
    (DYNAMIC + "    for_each = [1]\n    port { }\n" + CONTENT, "Unsupported block type", 5, "content"),
    (DYNAMIC + "    for_each = [1]\n" + CONTENT, "Wrong number of labels", 3, "1 label"),
    (PORTS + '  dynamic "prot" {\n    for_each = [1]\n' + CONTENT, "Unsupported block type", 3, 'Did you mean "port"'),
    (DYNAMIC + '    for_each = [1, 2]\n    labels = ["a"]\n' + CONTENT, "Duplicate block", 3, "already written"),
    (
        DYNAMIC + '    for_each = [1]\n    labels = ["a"]\n    content { nmber = port.value }\n  }\n}',
        "Unsupported argument", 6, 'Did you mean "number"',
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "summary", "line", "words"), MISTAKES, ids=[f"{i}-{m[1]}" for i, m in enumerate(MISTAKES)])
def test_a_mistake_is_told_where_it_is(tmp_path: Path, text: str, summary: str, line: int, words: str) -> None:
    (tmp_path / "main.hcl").write_text(text)
    found = [(d.summary, d.span and d.span.start.line, d.detail + d.hint) for d in mistakes(tmp_path)]
    assert [f for f in found if f[:2] == (summary, line) and words in f[2]], found


def test_what_takes_a_value_of_a_sibling_module_waits_for_it(tmp_path: Path) -> None:
    config = loaded(
        tmp_path,
        'module "a" {\n  source = "./a"\n}\nmodule "b" {\n  source = "./b"\n  size   = module.a.size\n}',
        a='disk "d" { size = 1 }\noutput "size" { value = disk.d.size }',
        b='variable "size" {}\ndisk "e" { size = var.size }',
    )
    found = {str(d.address): {str(a) for a in d.depends_on} for b in config.order for d in config.instances(b)}
    assert found == {"module.a.disk.d": set(), "module.b.disk.e": {"module.a.disk.d"}}
