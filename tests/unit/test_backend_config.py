"""-backend-config: what it takes, what it refuses, and what of it is kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.backend_config import FILE, remember, remembered
from kfinfra.app.options import Workplace
from kfinfra.config.backend_given import completed, read_given
from kfinfra.config.backends import Backend
from kfinfra.config.files import FolderSources
from kfinfra.diag import DiagnosticError

FILES = {
    "a.conf": 'bucket = "b"\nassume_role = { role_arn = "arn:aws:iam::1:role/r" }\n',
    "b.conf.json": '{"bucket": "c", "use_path_style": true}',
    "bad.conf": 'bukket = "b"\nbucket = var.x\nfoo {}\n',
}


@pytest.fixture
def sources(tmp_path: Path) -> FolderSources:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    return FolderSources(tmp_path)


@pytest.mark.parametrize(
    ("texts", "given"),
    [
        (["bucket=b", "key=a=b"], {"bucket": "b", "key": "a=b"}),
        (["use_path_style=true"], {"use_path_style": True}),
        (['endpoints={ s3 = "https://x" }'], {"endpoints": {"s3": "https://x", "sts": None}}),
        (["bucket=x", "a.conf"], {"bucket": "b", "assume_role": {"role_arn": "arn:aws:iam::1:role/r"}}),
        (["a.conf", "b.conf.json", "bucket=d"], {"bucket": "d", "use_path_style": True}),
        ([], {}),
    ],
)
def test_what_it_takes(sources: FolderSources, texts: list[str], given: dict[str, object]) -> None:
    found = dict(read_given("s3", texts, sources))
    assert {n: found[n] if not isinstance(v, dict) else {k: found[n][k] for k in v} for n, v in given.items()} == given


@pytest.mark.parametrize(
    ("kind", "text", "summary", "words"),
    [
        ("s3", "bukket=b", "Unsupported argument", 'Did you mean "bucket"?'),
        ("s3", "secret_key=hunter2", "Unsupported argument", "secret_key"),
        ("kubernetes", "token=hunter2", "Secret in a backend's configuration", "token"),
        ("s3", "key=/k", "Invalid key", "slash"),
        ("s3", "encrypt=yes", "Incorrect attribute value type", "a bool is required"),
        ("s3", "endpoints=x", "Variables not allowed", "x cannot be used"),
        ("s3", "nofile", "Cannot read a file", "nofile"),
    ],
)
def test_what_it_refuses(sources: FolderSources, kind: str, text: str, summary: str, words: str) -> None:
    with pytest.raises(DiagnosticError) as failed:
        read_given(kind, [text], sources)
    (told,) = failed.value.diagnostics
    assert told.summary == summary and words in told.detail
    assert "hunter2" not in f"{told} {told.span.code if told.span else ''}"


def test_all_that_is_wrong_with_a_file(sources: FolderSources) -> None:
    with pytest.raises(DiagnosticError) as failed:
        read_given("s3", ["bad.conf", "x=1"], sources)
    assert [str(d.span) for d in failed.value.diagnostics][:3] == ["bad.conf:3:1", "bad.conf:1:1", "bad.conf:2:10"]
    assert len(failed.value.diagnostics) == 4


def test_what_was_given_is_kept_for_a_backend_of_its_type(tmp_path: Path) -> None:
    work, s3 = Workplace(tmp_path, {}), Backend("s3", {"bucket": None, "key": "k"}, None, ("bucket",))
    work.data_folder.mkdir()
    assert remembered(work, s3) == {}
    given = read_given("s3", ["bucket=b", 'endpoints={ s3 = "https://x" }'], FolderSources(tmp_path))
    remember(work, s3, given)
    assert remembered(work, s3) == given
    assert remembered(work, Backend("local", {"path": "x"})) == {}
    whole = completed(s3, remembered(work, s3))
    assert whole.missing == () and whole.attributes["bucket"] == "b" and whole.attributes["key"] == "k"
    remember(work, s3, {})
    assert not (work.data_folder / FILE).exists() and remembered(work, s3) == {}


@pytest.mark.parametrize("text", ["{", "[]", '{"version": 2, "type": "s3", "attributes": {}}', '{"version": 1, "type": "s3"}'])
def test_what_is_damaged_is_told(tmp_path: Path, text: str) -> None:
    work = Workplace(tmp_path, {})
    work.data_folder.mkdir()
    (work.data_folder / FILE).write_text(text)
    with pytest.raises(DiagnosticError, match="is damaged"):
        remembered(work, Backend("s3", {}))
