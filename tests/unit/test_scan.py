"""A folder's digests: patterns as git has them, links not followed, unchanged files not read again, changed ones always."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError
from kfinfra.providers.aws.scan import digest, scan


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_patterns_are_those_of_gitignore_and_links_are_left_out(tmp_path: Path) -> None:
    fill(tmp_path / "data", "a.csv", "b/.ipynb_checkpoints/x", "b/c.tmp", "b/keep.tmp", "d/e/f.csv")
    (tmp_path / "data" / "loop").symlink_to(tmp_path / "data")
    found = scan(tmp_path / "data", ["**/.ipynb_checkpoints/**", "*.tmp", "!keep.tmp", "/d"], tmp_path / "index")
    assert list(found) == ["a.csv", "b/keep.tmp"]


def test_an_unchanged_file_is_not_read_again_and_a_changed_one_is(tmp_path: Path) -> None:
    root, index = tmp_path / "data", tmp_path / "cache" / "index"
    fill(root, "a", "b")
    for name in ("a", "b"):
        os.utime(root / name, ns=(1, 1))
    first = scan(root, [], index)
    kept = index.read_text()
    index.write_text(kept.replace(first["a"], "0" * 64))
    assert scan(root, [], index)["a"] == "0" * 64
    (root / "b").write_text("B")
    os.utime(root / "b", ns=(1, 1))
    assert scan(root, [], index)["b"] == digest(root / "b") != first["b"]


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    fill(tmp_path / "data", "a")
    (tmp_path / "index").write_text("{nonsense")
    assert scan(tmp_path / "data", [], tmp_path / "index") == {"a": digest(tmp_path / "data" / "a")}
    assert (tmp_path / "index").read_text().startswith("{")


def test_a_missing_or_empty_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="missing"):
        scan(tmp_path / "no", [], tmp_path / "index")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DiagnosticError, match="empty"):
        scan(tmp_path / "empty", [], tmp_path / "index")
