"""A folder's digests: patterns as git has them, links not followed, unchanged files not read again, changed ones always."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kfinfra.diag import DiagnosticError
from kfinfra.providers.aws.file_index import vouched
from kfinfra.providers.aws.scan import BIG, digest, scan


def fill(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def later(index: str) -> str:
    """The index as if it had been made a day later, when no file's time could hide a second change."""
    first, rest = index.split("\n", 1)
    return f"{int(first) + 86_400_000_000_000}\n{rest}"


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
    index.write_text(later(index.read_text()).replace(first["a"], "0" * 64))
    assert scan(root, [], index)["a"] == "0" * 64
    (root / "b").write_text("B")
    os.utime(root / "b", ns=(1, 1))
    assert scan(root, [], index)["b"] == digest(root / "b") != first["b"]


def test_a_damaged_index_is_made_anew(tmp_path: Path) -> None:
    fill(tmp_path / "data", "a")
    (tmp_path / "index").write_text("{nonsense")
    assert scan(tmp_path / "data", [], tmp_path / "index") == {"a": digest(tmp_path / "data" / "a")}
    made = (tmp_path / "index").read_text()
    assert "nonsense" not in made
    (tmp_path / "index").write_text(later(made)[:-9])
    assert scan(tmp_path / "data", [], tmp_path / "index") == {"a": digest(tmp_path / "data" / "a")}


def test_a_missing_or_empty_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DiagnosticError, match="missing"):
        scan(tmp_path / "no", [], tmp_path / "index")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DiagnosticError, match="empty"):
        scan(tmp_path / "empty", [], tmp_path / "index")
    assert not (tmp_path / "index").exists()


def test_where_nothing_has_changed_what_was_recorded_is_given_back_and_nothing_is_written(tmp_path: Path) -> None:
    root, index = tmp_path / "data", tmp_path / "index"
    fill(root, "b", "a/z", "a/b/c", "a-b/c", "Z")
    first = scan(root, [], index)
    assert list(first) == sorted(first)
    index.write_text(later(index.read_text()))
    before = index.stat().st_ino
    assert scan(root, [], index, recorded=first) is first
    assert index.stat().st_ino == before
    for other in ({**first, "more": "0"}, {n: d for n, d in first.items() if n != "Z"}, {**first, "Z": "0"}):
        assert scan(root, [], index, recorded=other) == first
    (root / "a/b/c").write_text("C")
    assert scan(root, [], index, recorded=first) == {**first, "a/b/c": digest(root / "a/b/c")}


def test_a_file_as_young_as_the_look_is_read_again(tmp_path: Path) -> None:
    fill(tmp_path / "data", "a")
    ahead = time.time_ns() + 3600 * 10**9
    os.utime(tmp_path / "data" / "a", ns=(ahead, ahead))
    first = scan(tmp_path / "data", [], tmp_path / "index")
    assert vouched(tmp_path / "index", first) == {}
    (tmp_path / "index").write_text((tmp_path / "index").read_text().replace(str(first["a"]), "0" * 64))
    assert scan(tmp_path / "data", [], tmp_path / "index", recorded=first) == first


@pytest.mark.parametrize("exclude", [[], ["*.tmp"]])
def test_a_name_that_no_key_can_have_is_told_before_anything_is_sent(tmp_path: Path, exclude: list[str]) -> None:
    fill(tmp_path / "data", "a", "z")
    (tmp_path / "data" / os.fsdecode(b"b\xff")).write_text("odd")
    with pytest.raises(DiagnosticError, match=r'"b\\xff" in .* is not UTF-8'):
        scan(tmp_path / "data", exclude, tmp_path / "index")


NAMES = st.lists(st.sampled_from(["a", "b", "a-b", "a!", "B", "0", "é"]), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(NAMES, st.binary(max_size=3), min_size=1), st.dictionaries(NAMES, st.binary(max_size=3), min_size=1))
@settings(max_examples=60, deadline=None)
def test_what_is_known_of_the_files_before_never_changes_what_is_found(before: dict[str, bytes], after: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        root, index, recorded = Path(folder) / "data", Path(folder) / "index", None
        for files in (before, after):
            shutil.rmtree(root, ignore_errors=True)
            for name in (files := {n: c for n, c in files.items() if not any(o.startswith(f"{n}/") for o in files)}):
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_bytes(files[name])
            recorded = scan(root, [], index, recorded=recorded)
            assert recorded == {n: hashlib.sha256(c).hexdigest() for n, c in files.items()}
            index.write_text(later(index.read_text()))
            assert scan(root, [], index, recorded=recorded) is recorded
            assert set(vouched(index, files)) == set(files)


def test_big_files_are_read_side_by_side_and_keep_their_order(tmp_path: Path) -> None:
    contents = {f"{n}/{size}": bytes([n]) * size for n in range(4) for size in (1, BIG + n, BIG * 2)}
    for name, content in contents.items():
        (tmp_path / "data" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "data" / name).write_bytes(content)
    found = scan(tmp_path / "data", [], tmp_path / "index")
    assert found == {n: hashlib.sha256(c).hexdigest() for n, c in contents.items()}
    (tmp_path / "index").write_text(later((tmp_path / "index").read_text()))
    assert scan(tmp_path / "data", [], tmp_path / "index", recorded=found) is found
