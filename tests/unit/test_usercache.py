"""The user's own cache folder is made inside a home that is there, and nowhere else."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.hcl.usercache import user_cache


def test_it_is_made_in_a_home(tmp_path: Path) -> None:
    found = user_cache({"HOME": str(tmp_path)})
    assert found == tmp_path / ".cache" / "kfinfra"
    assert found.stat().st_mode & 0o777 == 0o700


def test_the_cache_home_comes_first(tmp_path: Path) -> None:
    assert user_cache({"HOME": "/nowhere", "XDG_CACHE_HOME": str(tmp_path / "c")}) == tmp_path / "c" / "kfinfra"


@pytest.mark.parametrize("env", [{"HOME": "{}/no"}, {"HOME": ""}, {"HOME": "rel"}, {"XDG_CACHE_HOME": "{}/a/b", "HOME": "{}"}])
def test_no_home_is_made(tmp_path: Path, env: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert user_cache({name: value.format(tmp_path) for name, value in env.items()}) is None
    assert list(tmp_path.iterdir()) == []


def test_what_is_no_folder_is_gone_without(tmp_path: Path) -> None:
    (tmp_path / ".cache").write_text("")
    assert user_cache({"HOME": str(tmp_path)}) is None


def test_a_cache_home_that_is_relative_does_not_count(tmp_path: Path) -> None:
    assert user_cache({"HOME": str(tmp_path), "XDG_CACHE_HOME": "rel"}) == tmp_path / ".cache" / "kfinfra"
