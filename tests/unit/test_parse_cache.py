"""Kept syntax trees: the same as fresh ones, without a word of the user's, whatever became of their files."""

from __future__ import annotations

import concurrent.futures
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from kfinfra.config.files import FolderSources, parse_module
from kfinfra.config.shapes import VALUES
from kfinfra.diag import SourceText
from kfinfra.hcl.cache import ParseCache, emptied, restored, user_key
from kfinfra.hcl.parser import parse, parse_json
from kfinfra.hcl.shape import Shape

SECRETIVE = """\
secret "db" {
  data = { password = "hunter2-hunter2", pin = 90210123, "hunter2-key" = true }
}
locals {
  escaped = "tab\\thunter2\\"quoted\\" \\u00e9 $${not} %%{one} ${var.x} hunter2"
  script  = <<-EOT
      hunter2 first
        hunter2 $${indented}
      %{ if var.x ~}
      hunter2 stripped
      %{~ endif }
    EOT
  plain = <<EOT
hunter2
EOT
  index = var.m["hunter2"].a[0]
  empty = ""
}
"""


def cache(folder: Path) -> ParseCache:
    return ParseCache(folder / "trees", user_key(folder / "home"))


def test_a_kept_tree_is_the_fresh_one_and_says_nothing() -> None:
    body = parse(SourceText("x.hcl", SECRETIVE))
    kept = emptied(body, SECRETIVE)
    assert kept is not None
    assert restored(kept, SECRETIVE) == body
    for word in (b"hunter2", b"90210123", b"quoted", b"first", b"tab"):
        assert word not in kept


def test_json_too() -> None:
    text = json.dumps({"locals": {"a": 'hunter2 "x" \n\t/ \\ é ${var.b}', "b": {"hunter2": [1.5, "hunter2"]}}})
    shape = Shape(blocks={"locals": VALUES})
    body = parse_json(SourceText("x.hcl.json", text), shape)
    kept = emptied(body, text)
    assert kept is not None
    assert restored(kept, text) == body
    assert b"hunter2" not in kept


def test_what_is_written_is_private_and_no_other_key_finds_it(tmp_path: Path) -> None:
    source, mine = SourceText("x.hcl", SECRETIVE), cache(tmp_path)
    body = parse(source, mine)
    (kept,) = mine.folder.iterdir()
    assert parse(source, mine) == body
    assert list(mine.folder.iterdir()) == [kept]
    other = ParseCache(mine.folder, bytes(32))
    assert other.path("", SECRETIVE) != kept
    assert (tmp_path / "home" / "trees.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("damage", [b"", b"\x92", b"\xc0", b"garbage", "cut", "other"])
def test_a_damaged_file_is_parsed_anew(tmp_path: Path, damage: bytes | str) -> None:
    source, mine = SourceText("x.hcl", SECRETIVE), cache(tmp_path)
    body = parse(source, mine)
    (kept,) = mine.folder.iterdir()
    whole = kept.read_bytes()
    if damage == "other":
        damage = emptied(parse(SourceText("y", "a = 1\n")), "a = 1\n") or b""
        assert restored(damage, "a = 1\n") != body
        damage = whole[: len(whole) // 2] + damage
    kept.write_bytes(whole[: len(whole) // 2] if damage == "cut" else damage)  # type: ignore[arg-type]
    assert parse(source, mine) == body
    assert kept.read_bytes() == whole


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    source = SourceText("x.hcl", SECRETIVE)
    assert parse(source, ParseCache(blocked / "trees", b"")) == parse(source)
    assert user_key(blocked / "home") == b""


def test_without_a_key_nothing_that_may_be_secret_is_kept(tmp_path: Path) -> None:
    for name, text in (("a.hcl", SECRETIVE), ("b.hcl", "locals {\n  a = 1\n}\n"), ("kfinfra.kfvars", 'a = "hunter2"\n')):
        (tmp_path / name).write_text(text)
    for key, kept in ((b"", 1), (user_key(tmp_path / "home"), 3)):
        mine = ParseCache(tmp_path / f"trees{kept}", key)
        parse_module(FolderSources(tmp_path), mine, Shape())
        assert len(list(mine.folder.iterdir())) == kept


def test_many_processes_at_once_share_a_key_and_a_folder(tmp_path: Path) -> None:
    program = (
        "import pathlib, sys; from kfinfra.hcl.cache import ParseCache, user_key\n"
        "from kfinfra.diag import SourceText; from kfinfra.hcl.parser import parse\n"
        "root = pathlib.Path(sys.argv[1]); key = user_key(root / 'home')\n"
        "parse(SourceText('x', 'a = \"b\"\\n'), ParseCache(root / 'trees', key)); print(key.hex())"
    )

    def start(_: int) -> str:
        argv = [sys.executable, "-c", program, str(tmp_path)]
        return subprocess.run(argv, capture_output=True, text=True, check=True, env=dict(os.environ)).stdout

    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        keys = set(pool.map(start, range(4)))
    assert len(keys) == 1
    assert len(list((tmp_path / "trees").iterdir())) == 1
    assert [p.name for p in (tmp_path / "home").iterdir()] == ["trees.key"]
