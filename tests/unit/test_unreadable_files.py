"""Files that are no text, or no files: told at once, with line and column, wherever one is named."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfinfra.app.evaluating import open_console
from kfinfra.app.formatting import format_files
from kfinfra.app.options import Workplace
from kfinfra.config.files import FolderSources
from kfinfra.config.installed import LOCK_FILE, read_lock
from kfinfra.config.loading import load
from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.pipelines.package import parse_content
from tests.fakes.world import PROVIDERS, TYPES

CAFE = 'variable "a" {}\nlocals {\n  b = "é" # caf'.encode() + b"\xe9\n}\n"


def found(folder: Path, *inputs: tuple[str, str]) -> list[Diagnostic]:
    """What is wrong with a folder."""
    with pytest.raises(DiagnosticError) as caught:
        load(FolderSources(folder), TYPES, PROVIDERS, {}, inputs)
    return list(caught.value.diagnostics)


def test_what_is_not_utf8_is_told_with_line_and_column(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_bytes(CAFE)
    (tmp_path / "x.hcl.json").write_bytes(b'{"a":\n "\xff"}')
    first, second = found(tmp_path)
    assert (str(first.span), first.detail) == ("main.hcl:3:16", "Byte 0xe9 is no UTF-8 here.")
    assert first.span is not None and first.span.code == '  b = "é" # caf\ufffd'
    assert str(second.span) == "x.hcl.json:2:3"
    told: list[Diagnostic] = []
    list(format_files(tmp_path, ["."], False, told))
    assert [str(d.span) for d in told] == ["main.hcl:3:16"]


def test_utf16_is_called_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text('variable "a" {}')
    (tmp_path / "v.kfvars").write_bytes("a = 1".encode("utf-16"))
    (only,) = found(tmp_path, ("file", "v.kfvars"))
    assert (str(only.span), only.detail, only.hint) == ("v.kfvars:1:1", "This is UTF-16.", "save the file as UTF-8")


def test_lock_files_packages_and_functions_say_where_too(tmp_path: Path) -> None:
    (tmp_path / LOCK_FILE).write_bytes(b"\n \xff")
    with pytest.raises(DiagnosticError) as caught:
        read_lock(FolderSources(tmp_path))
    assert str(caught.value.diagnostics[0].span) == f"{LOCK_FILE}:2:2"
    with pytest.raises(DiagnosticError, match=r"no text in UTF-8 \(line 2, column 2\)"):
        parse_content(b"\n \xff", "p.yaml")
    (tmp_path / "main.hcl").write_text("locals {}")
    (tmp_path / "t.txt").write_bytes(b"\n \xff")
    for call in ('file("t.txt")', 'templatefile("t.txt", {})'):
        with pytest.raises(DiagnosticError, match=r"t.txt are not valid UTF-8 \(line 2, column 2\)"):
            open_console(Workplace(tmp_path, {})).answer(call)


@pytest.mark.parametrize("name", ["pipe.hcl", "pipe.hcl.json", "kfinfra.kfvars", "x.auto.kfvars"])
def test_a_pipe_is_no_file_of_a_configuration(tmp_path: Path, name: str) -> None:
    (tmp_path / "main.hcl").write_text('variable "a" {}')
    os.mkfifo(tmp_path / name)
    assert [d.detail for d in found(tmp_path)] == [f"{name}: not a regular file."]


def test_a_link_that_leads_nowhere_is_not_left_out(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text("locals {}")
    (tmp_path / "b.hcl").symlink_to("nowhere.hcl")
    (tmp_path / "folder.hcl").mkdir()
    assert [d.detail for d in found(tmp_path)] == ["b.hcl: No such file or directory."]


def test_functions_do_not_wait_for_a_pipe_or_a_device(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text("locals {}")
    os.mkfifo(tmp_path / "pipe")
    console = open_console(Workplace(tmp_path, {}))
    for call in ('file("pipe")', 'filesha256("pipe")', 'templatefile("pipe", {})', 'file("/dev/zero")', 'fileexists("pipe")'):
        with pytest.raises(DiagnosticError, match="not a regular file"):
            console.answer(call)


def test_a_var_file_of_the_command_line_may_be_a_pipe(tmp_path: Path) -> None:
    (tmp_path / "main.hcl").write_text('variable "a" {}\noutput "a" {\n  value = var.a\n}')
    reading, writing = os.pipe()
    os.write(writing, b"a = 5")
    os.close(writing)
    config = load(FolderSources(tmp_path), TYPES, PROVIDERS, {}, [("file", f"/dev/fd/{reading}")])
    assert config.variables.values["a"] == 5
    os.close(reading)
