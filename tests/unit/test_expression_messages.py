"""What is said of a mistake in an expression: the values seen, the call, what was meant, and nothing that is sensitive."""

from __future__ import annotations

from pathlib import Path

import pytest

from kfinfra.app.evaluating import Console, open_console
from kfinfra.app.options import Workplace
from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.views.diagnostic import diagnostic_json, render_diagnostic

CONFIGURATION = """\
variable "x" { default = 3 }
variable "secret" {
  default   = "hunter2"
  sensitive = true
}
variable "later" { type = string }
variable "any" {}
locals {
  l     = ["a", "b"]
  typed = tolist(["a", "b"])
  o     = { name = "n" }
  many  = { a = 1, b = 2 }
  none  = {}
  empty = []
  keys  = sensitive({ hunter2 = 1 })
}
"""


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Console:
    folder: Path = tmp_path_factory.mktemp("messages")
    (folder / "main.hcl").write_text(CONFIGURATION)
    return open_console(Workplace(folder, {}))


def wrong(console: Console, expression: str) -> Diagnostic:
    with pytest.raises(DiagnosticError) as caught:
        console.answer(expression)
    (only,) = caught.value.diagnostics
    return only


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("var.x + local.l", "is 3|is tuple with 2 elements"),
        ("local.typed + 1", "is list of string with 2 elements"),
        ("local.o + 1", 'is object with 1 attribute "name"'),
        ("local.many + local.none", "is object with 2 attributes|is object with no attributes"),
        ("-local.empty", "is empty tuple"),
        ("[var.secret, 1] + 1", "has a sensitive value"),
        ("[var.later] + 1", "is a string, known only after apply"),
        ("[var.any] + 1", "will be known only after apply"),
        ("[for v in [2.5] : v + [1]]", "is 2.5"),
        ("[null, true] + [var.x == 4]", "is 3"),
    ],
)
def test_the_values_that_an_expression_saw(console: Console, expression: str, said: str) -> None:
    assert "|".join(sorted(s for _, s in wrong(console, expression).values)) == "|".join(sorted(said.split("|")))


def test_a_failed_call_as_terraform_shows_it(console: Console) -> None:
    found = wrong(console, "join(local.l, format(local.o.name, 1))")
    assert "while calling format(format, args...)" in render_diagnostic(found, color=False)
    snippet = diagnostic_json(found)["snippet"]
    assert isinstance(snippet, dict)
    assert snippet["function_call"] == {
        "called_as": "format",
        "signature": {
            "name": "format",
            "params": [{"name": "format", "type": "string"}],
            "variadic_param": {"name": "args", "type": "dynamic"},
            "return_type": "dynamic",
        },
    }
    assert snippet["values"] == [{"traversal": "local.o.name", "statement": 'is "n"'}]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("local.o.nmae", 'Did you mean "name"?'),
        ('local.o["nmae"]', 'Did you mean "name"?'),
        ("tomap(local.many).bb", 'Did you mean "b"?'),
        ("var.secrt", 'Did you mean "secret"?'),
        ("uper(1)", 'Did you mean "upper"?'),
        ("var.x + var.secret", "to join texts"),
        ("local.l + local.l", "concat(first, second)"),
        ("local.o + local.o", "merge(first, second)"),
        ("local.l[7]", "greater than or equal to the length"),
        ("var.x && true", "no value that counts as true"),
    ],
)
def test_what_was_meant(console: Console, expression: str, said: str) -> None:
    found = wrong(console, expression)
    assert said in found.detail + found.hint


@pytest.mark.parametrize(
    "expression",
    [
        "parseint(var.secret, 10)",
        "file(var.secret)",
        "tonumber(var.secret)",
        "jsondecode(var.secret)",
        "lookup({}, var.secret)",
        'regex("[0-9]$", "${var.secret}x")',
        "{ for k in [1, 2] : var.secret => k }",
        "local.keys.hunter",
        'local.keys["hunter"]',
        "templatestring(var.secret, 1)",
        'formatdate(var.secret, "x")',
        "{ hunter = 1 }[var.secret]",
    ],
)
def test_nothing_sensitive_is_told(console: Console, expression: str) -> None:
    shown = render_diagnostic(wrong(console, expression), color=False)
    assert "hunter2" not in shown.replace(expression, "")
