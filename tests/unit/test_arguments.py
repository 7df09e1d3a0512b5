"""What scripts written for Terraform pass: its flags in all their spellings, and its commands that are called otherwise."""

from __future__ import annotations

import pytest

from kfinfra.cli.arguments import normalize
from kfinfra.cli.main import HABITS, run
from kfinfra.diag import SourceText, error, warning
from kfinfra.views.diagnostic import render_diagnostics


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("plan -input=false -refresh=0", "plan --no-input --no-refresh"),
        ("plan -lock=true -input=1", "plan --lock --input"),
        ("plan -json=true -no-color=true", "--no-color plan --json"),
        ("plan -json=false -no-color=False", "plan"),
        ("apply -auto-approve=TRUE p", "apply --auto-approve p"),
        ("-chdir=sub plan", "-C sub plan"),
        ("plan -C sub", "-C sub plan"),
        ("plan -compact-warnings", "--compact-warnings plan"),
        ("-version", "version"),
        ("help plan", "plan --help"),
        ("plan -var x=-1 -var=a=true", "plan --var x=-1 --var=a=true"),
        ("run p -- -json=false", "run p -- -json=false"),
    ],
)
def test_flags_in_terraforms_spelling(given: str, wanted: str) -> None:
    assert normalize(given.split()) == wanted.split()


@pytest.mark.parametrize(("name", "words"), [("taint", "-replace=ADDRESS"), ("plann", 'Did you mean "plan"?'), ("zzz", '"zzz".')])
def test_a_command_that_does_not_exist(name: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([name]) == 64
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", HABITS)
def test_what_is_named_instead_exists(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = HABITS[name].replace(":", " ").replace(";", " ").replace(",", " ").split()
    assert run([next(w for w in words if not w.startswith("-")), "-h"]) == 0


def test_compact_warnings_are_what_they_are_and_where() -> None:
    source = SourceText("main.hcl", "a = 1\nb = 2\n")
    found = [
        warning("One", "Long words.", source.span(6, 7)),
        error("Two", "Words.", source.span(0, 1)),
        warning("Three", "Words."),
    ]
    shown = render_diagnostics(found, color=False, compact=True)
    assert shown.endswith(
        "╷\n│ Warnings:\n│\n│ - One\n│   on main.hcl:2:1\n│ - Three\n"
        "│\n│ To see all of them in full, leave -compact-warnings out.\n╵\n"
    )
    assert ("Error: Two" in shown, "Long words" in shown) == (True, False)
    assert "Long words" in render_diagnostics(found, color=False)
