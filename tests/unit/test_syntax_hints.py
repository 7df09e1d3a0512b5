"""What is no HCL is answered with what was probably meant, and with the block that it is in."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.options import Workplace
from kfinfra.app.validation import validate
from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl.parser import parse

HINTS = [
    ("x = true and false", 'write && for "and"'),
    ("x = not true", 'write ! for "not"'),
    ("x = 2 ** 3", "pow(x, y)"),
    ("x = if true then 1 else 2", "CONDITION ? VALUE : OTHER"),
    ("x = 1_000", "write: 1000"),
    ("x = 0x1F", 'parseint("1F", 16)'),
    ("x = .5", "write: 0.5"),
    ("x = 1.", "write: 1, or 1.0"),
    ("x = 'a'", 'write: "a"'),
    ("x = `a`", "heredoc"),
    ("x = “a”", "word processors"),
    ('x = "\\d"', '"\\\\"'),
    ("x = 1,", "remove the comma"),
    ("x = y = 1", "write == to compare"),
    ("x : 1", "write: x = …"),
    ("x == 1", "write: x = …"),
    ("x 1", "write: x = 1"),
    ('"x" = 1', "without quotes: x = …"),
    ("x = [v for v in [1]]", "write: [for v in … : v]"),
    ("x = {for v in [1]: v}", "KEY => VALUE"),
    ("x = [for k v in {}: v]", "write: for k, v in …"),
]


def hint(text: str) -> tuple[str, str]:
    with pytest.raises(DiagnosticError) as caught:
        parse(SourceText("main.hcl", text))
    return caught.value.diagnostics[0].hint, caught.value.diagnostics[0].context


@pytest.mark.parametrize(("text", "words"), HINTS)
def test_a_habit_of_another_language(text: str, words: str) -> None:
    said, context = hint(f"locals {{\n  {text}\n}}\n")
    assert (words in said, context) == (True, "locals")


def test_a_brace_that_is_missing_is_missed_where_the_next_block_begins() -> None:
    said, context = hint('output "x" {\n  value = 1\n\noutput "y" {\n  value = 1\n}\n')
    assert (said, context) == ("line 4 begins like a block of its own: a } is missing before it", "")
    assert hint('output "x" {\n  value = 1\n')[0] == "write the missing } at the end of the block"


def test_a_heredoc_without_end_is_told_with_its_beginning() -> None:
    assert "begins on line 2 ends at a line that holds EOT" in hint('output "x" {\n  value = <<EOT\nabc\n}\n')[0]


def test_a_block_with_an_equals_sign_and_two_arguments_on_a_line() -> None:
    assert hint('output "x" = { value = 1 }\n')[0] == "remove the =: a block has none"
    assert hint('output "x" { value = 1 sensitive = true }\n')[0] == "write each argument on a line of its own"


def told(folder: Path, text: str) -> list[tuple[str, int]]:
    (folder / "main.hcl").write_text(text)
    found = [d for d in validate(Workplace(folder, {})) if d.severity.value == "error"]
    return [(d.summary, d.span.start.line) for d in found if d.span]


def test_all_that_is_wrong_with_a_block_comes_together(tmp_path: Path) -> None:
    text = """namespace "n" {
  provider = "kubernetes"
  lifecycle {
    prevent_destory = true
    ignore_changes  = ["labels", nope]
  }
  timeouts {
    craete = "5m"
    delete = "soon"
  }
  colour = "red"
  provisioner "local-exec" {}
}
"""
    assert told(tmp_path, text) == [
        ("Invalid provider reference", 2),
        ("Unsupported argument", 4),
        ("Invalid ignore_changes", 5),
        ("Unsupported attribute", 5),
        ("Unsupported argument", 8),
        ("Invalid timeout", 9),
        ("Unsupported argument", 11),
        ("Unsupported block type", 12),
    ]


def test_all_that_is_wrong_with_providers_comes_together(tmp_path: Path) -> None:
    text = """provider "aws" {
  alias = var.x
}
provider "aws" {}
provider "aws" {}
provider "awz" {}
"""
    assert told(tmp_path, text) == [
        ("Invalid provider configuration alias", 2),
        ("Duplicate provider configuration", 5),
        ("Unknown provider", 6),
    ]


@pytest.mark.parametrize("chosen", ["aws.west", "kubernetes.west", "var.p"])
def test_a_provider_that_cannot_serve(tmp_path: Path, chosen: str) -> None:
    text = f'provider "aws" {{\n  alias = "west"\n}}\nnamespace "n" {{\n  provider = {chosen}\n}}\n'
    assert told(tmp_path, text) == [("Invalid provider reference", 5)]
