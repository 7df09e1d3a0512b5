"""fmt without terraform at hand: the layout it is known for, what it rewrites, and how files are found and written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kfinfra.app.formatting import format_files, format_text, write
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText
from kfinfra.hcl.format import format_source

MESSY = """\
s3_bucket artifacts {
name="x"   # the name
  versioning   =true # kept
      tags={ a=1,b = 2}

lifecycle_rules=[{prefix="tmp/"},
{
  expire_after_days = 7
  }]
 timeouts{
 }
policy = <<-EOT
    allow ${ var.who }
  EOT
}
"""
CLEAN = """\
s3_bucket "artifacts" {
  name       = "x"  # the name
  versioning = true # kept
  tags       = { a = 1, b = 2 }

  lifecycle_rules = [{ prefix = "tmp/" },
    {
      expire_after_days = 7
  }]
  timeouts {
  }
  policy = <<-EOT
    allow ${var.who}
  EOT
}
"""


def fmt(text: str) -> str:
    return format_source(SourceText("x.hcl", text))


def test_a_messy_file_is_laid_out() -> None:
    assert fmt(MESSY) == CLEAN


def test_what_is_laid_out_stays() -> None:
    assert fmt(CLEAN) == CLEAN


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('a = "${x}"\n', "a = x\n"),
        ('a = "${x}y"\n', 'a = "${x}y"\n'),
        ('a = "${"${x}"}"\n', "a = x\n"),
        ('a = "${x ?\n y : z}"\n', "a = (x ?\ny : z)\n"),
        ('a = ["${x}"]\n', 'a = ["${x}"]\n'),
        ('variable "v" {\n  type = "list"\n}\n', 'variable "v" {\n  type = list(string)\n}\n'),
        ('variable "v" {\n  type = map\n}\n', 'variable "v" {\n  type = map(any)\n}\n'),
        ("other {\n  type = map\n}\n", "other {\n  type = map\n}\n"),
        ("b /* why */ x {}\n", 'b /* why */ "x" {}\n'),
    ],
)
def test_what_terraform_rewrites_is_rewritten(before: str, after: str) -> None:
    assert fmt(before) == after


def test_a_syntax_error_is_told_with_its_place() -> None:
    with pytest.raises(DiagnosticError) as caught:
        fmt("a = 1\nb = [\n")
    assert caught.value.diagnostics[0].span is not None and str(caught.value.diagnostics[0].span) == "x.hcl:3:1"


@pytest.mark.parametrize("text", ["a = <<E E\n x  {\nE\n", "a = 1.٣\n"])
def test_what_is_no_token_is_refused_even_where_the_parser_takes_it(text: str) -> None:
    with pytest.raises(DiagnosticError):
        fmt(text)


def test_the_files_of_a_folder_are_found_without_hidden_ones_and_other_kinds(tmp_path: Path) -> None:
    for name in ("b.hcl", "a.kfvars", ".hidden.hcl", "c.tf", "back.hcl~", "sub/d.hcl", ".kfinfra/e.hcl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("a=1\n")
    found: list[Diagnostic] = []
    assert [f.name for f in format_files(tmp_path, ["."], False, found)] == ["a.kfvars", "b.hcl"]
    assert [f.name for f in format_files(tmp_path, ["."], True, found)] == ["a.kfvars", "b.hcl", "sub/d.hcl"]
    assert [f.name for f in format_files(tmp_path, ["sub", "./b.hcl"], False, found)] == ["sub/d.hcl", "b.hcl"]
    assert not found


def test_an_error_in_one_file_does_not_stop_the_next(tmp_path: Path) -> None:
    (tmp_path / "a.hcl").write_text("a = [\n")
    (tmp_path / "b.hcl").write_bytes(b"\xff")
    (tmp_path / "c.hcl").write_text("a=1\n")
    found: list[Diagnostic] = []
    assert [f.after for f in format_files(tmp_path, [".", "gone.hcl", "x.txt"], False, found)] == ["a = 1\n"]
    assert [d.summary for d in found][1:] == ["Invalid character encoding", "No such file or folder", "No such file or folder"]


def test_writing_keeps_the_mode_and_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.hcl").write_text("a=1\n")
    (tmp_path / "real.hcl").chmod(0o640)
    (tmp_path / "link.hcl").symlink_to("real.hcl")
    write(tmp_path, format_text("link.hcl", "a=1\n"))
    assert (tmp_path / "link.hcl").is_symlink() and (tmp_path / "real.hcl").read_text() == "a = 1\n"
    assert (tmp_path / "real.hcl").stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.hcl", "real.hcl"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write every file")
def test_a_file_that_may_not_be_written_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "a.hcl").write_text("a=1\n")
    (tmp_path / "a.hcl").chmod(0o444)
    with pytest.raises(DiagnosticError, match="Permission denied"):
        write(tmp_path, format_text("a.hcl", "a=1\n"))
    assert [p.name for p in tmp_path.iterdir()] == ["a.hcl"] and (tmp_path / "a.hcl").read_text() == "a=1\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give a file away")
def test_a_file_stays_its_owners(tmp_path: Path) -> None:
    (tmp_path / "a.hcl").write_text("a=1\n")
    os.chown(tmp_path / "a.hcl", 12345, 54321)
    write(tmp_path, format_text("a.hcl", "a=1\n"))
    seen = (tmp_path / "a.hcl").stat()
    assert (seen.st_uid, seen.st_gid, (tmp_path / "a.hcl").read_text()) == (12345, 54321, "a = 1\n")


def test_a_diff_says_where_a_newline_is_missing() -> None:
    expected = "--- old/x\n+++ new/x\n@@ -1 +1 @@\n-a=1\n\\ No newline at end of file\n+a = 1\n\\ No newline at end of file\n"
    assert format_text("x", "a=1").diff() == expected


def test_lines_end_where_they_ended() -> None:
    assert fmt("\ufeffa=1 # c\r\nbb = <<E\r\nx\r\nE\r\n") == "a  = 1 # c\r\nbb = <<E\r\nx\r\nE\r\n"
