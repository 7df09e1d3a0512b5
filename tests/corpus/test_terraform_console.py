"""`terraform console` itself, asked the same: the same text."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kfinfra.app.evaluating import Console, open_console
from kfinfra.app.options import Workplace
from kfinfra.diag import DiagnosticError

ENV = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"} | {"CHECKPOINT_DISABLE": "1"}
pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform, the reference, is not on this machine")

CONFIGURATION = """\
variable "secret" {
  default   = "hush"
  sensitive = true
}
variable "needed" { type = string }
variable "typed" {
  type    = object({ a = string, l = list(number), m = map(string), n = list(list(string)), o = object({ b = bool }) })
  default = { a = null, l = null, m = { k = null }, n = [null], o = null }
}
locals {
  lines = "x\\ny\\n"
  deep  = { a = { b = [{ c = local.lines }] } }
}
"""
EXPRESSIONS = [
    *["1/3", "1/3*3", "2.5/0.3", "0.1+0.2", "10 % 0.3", "2/3 - 1/3", "1e-20 / 7", "log(10, 2)", "log(10, 2) * 3"],
    *[
        "1",
        "-0.5",
        "1e100",
        "1e-10",
        "1.0",
        "10/4",
        "100000000000000000000",
        "true",
        "null",
        '""',
        '"\\\\n"',
        '"é日本"',
        '"tab\\tq\\"\\\\"',
    ],
    *[
        '"a\\nb"',
        '"a\\nb\\n"',
        '"\\n"',
        '"\\n\\n"',
        '"a\\n\\nb\\n"',
        '"  a\\n  b\\n"',
        '"$${x} %%{y}"',
        '"a$${x}\\nb%%{y}\\n"',
        '"a\\rb"',
    ],
    *[
        '"\\u200b\\u0001"',
        '"\\U0001f600"',
        '"\\U000e0001"',
        '"EOT\\nx"',
        '"a\\n EOT \\nEOT_"',
        '["x\\n"]',
        '{ a = { b = "x\\ny\\n\\n" } }',
    ],
    *[
        "[]",
        "{}",
        "[[]]",
        "[{}]",
        "{a=[],b={}}",
        '[1,"a",null,true,[1],{a=1}]',
        '{ "a b" = 1, c = { d = null } }',
        '{ "k\\nl" = 1 }',
    ],
    *['{ a1 = 1, "1a" = 2, "a-b" = 3, "é" = 4, "a.b" = 5, "" = 6, Z = 7 }', "tolist([])", 'tolist(["a"])', 'toset(["b","a"])'],
    *["toset([])", "toset([3,1,2])", "tomap({})", "tomap({a=1,b=2})", 'tomap({"a b"=tolist([1,2])})', "tolist([tomap({a=1})])"],
    *["tolist([tolist([]), tolist(['a'])])".replace("'", '"'), 'tolist([null,"a"])', "tomap({a=null})", "toset([null,1])"],
    *['tolist([{a=null,b=1},{a="x",b=2}])', "tomap({a=null,b={c=1}})", 'split(",", "a,b")', '{for k in ["a"]: k => k...}'],
    *[r'jsondecode("[\"\\ud800\", \"\\ud83d\\ude00\", \"\\\\ud800\", {\"\\udc00\":1}]")'],
    *['jsondecode("[1,{\\"a\\":null}]")', "[tolist([]), tomap({}), toset([])]", "tomap({a={}})", 'tomap({a="x\\ny"})'],
    *[
        'sensitive("x")',
        '[sensitive("x"), 1]',
        "{a=sensitive(1)}",
        "sensitive({a=1})",
        "var.secret",
        "[var.secret]",
        '"${var.secret}!"',
    ],
    *[
        "var.needed",
        "[var.needed]",
        '"a${var.needed}"',
        "upper(var.needed)",
        "var.typed.m",
        "var.typed.n",
        "local.lines",
        "local.deep",
        "path.module",
    ],
    *[
        "tostring(null)",
        "[tonumber(null)]",
        "tolist(null)",
        "var.typed.a",
        "[[tostring(null)] == [null], tostring(null) == null]",
    ],
    *[
        "type(1)",
        "type([])",
        "type({})",
        "type(var.needed)",
        "type(null)",
        "type(var.secret)",
        "type(var.typed.n)",
        "type(tomap({}))",
    ],
    *[
        "type({a=tolist([{b=1}]),c=[1,[]],d=tomap({a=[1]})})",
        "type(tolist([tolist([{a=1}])]))",
        "type(toset([1]))",
        "type([[1]])",
    ],
]
ERRORS = [
    "1 +",
    "foo",
    "foo(1)",
    "var",
    "local",
    "var.nope",
    "local.nope",
    "each.key",
    "[1,",
    '"a',
    "1 2",
    "# c",
    'tonumber("a")',
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("console")
    for name in ("main.tf", "main.hcl"):
        (made / name).write_text(CONFIGURATION)
    return made


@pytest.fixture(scope="module")
def console(folder: Path) -> Console:
    return open_console(Workplace(folder, {}))


def terraform(folder: Path, expression: str) -> str | None:
    """What terraform prints; None for an error."""
    run = subprocess.run(
        ["terraform", "console"], cwd=folder, env=ENV, input=expression.encode(), capture_output=True, check=False
    )
    return run.stdout.decode().removesuffix("\n") if run.returncode == 0 else None


def ours(console: Console, expression: str) -> str | None:
    try:
        return console.answer(expression)
    except DiagnosticError:
        return None


def test_values_print_as_terraform_prints_them(folder: Path, console: Console, agreed: Callable[[str, int, int], None]) -> None:
    alone = [e for e in EXPRESSIONS if e.startswith(('"', "type", "var"))]
    nested = "[" + ", ".join(e for e in EXPRESSIONS if not e.startswith("type")) + "]"
    answers = {e: terraform(folder, e) for e in [*alone, nested]}
    assert None not in answers.values()
    wrong = [(e, theirs, ours(console, e)) for e, theirs in answers.items() if ours(console, e) != theirs]
    agreed("terraform console", len(answers) - len(wrong), len(answers))
    assert not wrong, "\n".join(map(str, wrong))


def test_errors_are_errors_there_and_here(folder: Path, console: Console) -> None:
    assert {e: (terraform(folder, e), ours(console, e)) for e in ERRORS} == dict.fromkeys(ERRORS, (None, None))
