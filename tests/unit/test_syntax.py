"""What the parser takes and refuses beyond the corpora: each verdict is that of terraform 1.11.4 (`validate`, `console`)."""

from __future__ import annotations

import gc
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl import nodes as n
from kfinfra.hcl.cache import ParseCache
from kfinfra.hcl.parser import parse, parse_expression, parse_template

TAKEN = [
    *["a = [1][* /* c */]", "a = [1][ * ]", "a = ([1][*\n])", "a = ([1][* # c\n])", "a = [1][/* c */*]", "a = ([1][\n*])"],
    *["a = [1]. /* c */ *", "a = x.1e5", "a = 1.e5", "a = 01", "a = true.x", "a = true(1)", "a = null[0]"],
    *["a = p :: a :: b(1)", "a = p::a::b(1)", "a = (p\n::\na::b(1))", "a = core :: abs (1)"],
    *["a = [for for in [1] : for]", "a = [for in in [1] : in]", "a = [for if in [1] : if if if > 1]"],
    *["a = { if = 1, in = 2, null = 3 }", "a = <<E\nx\n E \n", "a = <<E\r\nx\r\nE\r\n", "a = <<-E\n\tx\n\t E\n"],
    *[
        'a = "\\U0010ffff"',
        'a = "${<<F\ny\nF\n}"',
        "a = <<E\nx${<<F\nE\nF\n}\nE\n",
        'a = "${~1~}"',
        'a = "$${}"',
        "for = 1\nin {}",
    ],
    *["true = 1", "null {}", "a = b ? { c = 1 } : { d = 2 }", "a = { b ? c : d = 1 }", "é-x = ü", "a = {\n b = 1,\n\n c = 2\n}"],
]
REFUSED = [
    # a heredoc's mark is a name, and nothing follows it
    ("a = <<E E\nx\nE\n", "Invalid expression", "1:5"),
    ("a = <<E  \nx\nE\n", "Invalid expression", "1:5"),
    ("a = <<1\nx\n1\n", "Invalid expression", "1:5"),
    ("a = <<-1E\nx\n1E\n", "Invalid expression", "1:5"),
    ("b <<E {\nE\n}", "Argument or block definition required", "1:1"),
    # a carriage return is white space before a newline only
    ("a = 1\r b = 2", "Invalid character", "1:6"),
    ('a = "x\ry"', "Invalid multi-line string", "1:5"),
    # what UTF-8 cannot encode
    ('a = "\\ud800"', "Invalid escape sequence", "1:6"),
    ('a = "\\U00110000"', "Invalid escape sequence", "1:6"),
    ('a = "\\u12"', "Invalid escape sequence", "1:6"),
    # digits are ASCII's
    ("a = 1.٣", "Invalid character", "1:7"),
    ("a = ٣", "Invalid character", "1:5"),
    ("a = x.٣", "Invalid character", "1:7"),
    ("a = 1.2.3", "Invalid number literal", "1:5"),
    ("a = 1e", "Missing newline after argument", "1:6"),
    ("a = f(1...2)", "Invalid number literal", "1:7"),
    # functions of a provider
    ("a = p::a", "Missing open parenthesis", "1:9"),
    ("a = core::\n", "Missing function name", "1:11"),
    # what the text ends in
    ("a = [1,\n", "Missing expression", "2:1"),
    ("a = {\n", "Missing expression", "2:1"),
    ("a = f(\n", "Missing expression", "2:1"),
    ('a = "${\n', "Missing expression", "2:1"),
    ("a = [1\n", "Unterminated tuple constructor expression", "1:5"),
    ("a = { b = 1", "Unterminated object constructor expression", "1:5"),
    ("a = (1\n", "Unbalanced parentheses", "1:5"),
    ("a = [for x in y : x\n", "Invalid 'for' expression", "2:1"),
    ('a = "${1\n', "Unclosed template interpolation sequence", "1:6"),
    ("b {\n a = 1\n", "Unclosed configuration block", "1:3"),
    # separators
    ("a = f(1 2)", "Missing argument separator", "1:9"),
    ("a = (1 2)", "Unbalanced parentheses", "1:8"),
    ("a = [1 2]", "Missing item separator", "1:8"),
    ("a = b[0 1]", "Missing close bracket on index", "1:9"),
    ("a = b[* 1]", "Missing close bracket on splat index", "1:9"),
    ('a = "${1 2}"', "Extra characters after interpolation expression", "1:10"),
    ("a = 1 ? 2\n", "Missing false expression in conditional", "1:10"),
    ("a = { b }", "Missing attribute value", "1:9"),
    ("a = {\n b\n = 1}", "Missing attribute value", "2:3"),
    ("a = {\n b = 1\n , c = 2}", "Invalid expression", "3:2"),
    ("a = { b = 1 ~}", "Missing attribute separator", "1:13"),
    ("a = {b +\n c = 1}", "Invalid expression", "1:9"),
    ("a = b.\n", "Invalid attribute name", "1:7"),
    ("a = b.*.c.*", "Nested splat expression not allowed", "1:11"),
    # for
    ("a = [for x, in y : x]", "Invalid 'for' expression", "1:16"),
    ("a = [for 1 in y : x]", "Invalid 'for' expression", "1:10"),
    ("a = [for x in y]", "Invalid 'for' expression", "1:16"),
    ("a = {for x in y : x}", "Invalid 'for' expression", "1:20"),
    ("a = [for x in y : x => x]", "Invalid 'for' expression", "1:21"),
    ("a = [for x in y : x...]", "Invalid 'for' expression", "1:20"),
    ("a = [for x in y : x if]", "Invalid expression", "1:23"),
    # templates
    ('a = "%{ foo }"', "Invalid template directive", "1:9"),
    ('a = "%{ if b }c"', "Unexpected end of template", "1:6"),
    ('a = "%{ if b x }c%{ endif }"', "Extra characters in template directive", "1:14"),
    ('a = "%{ else }"', "Unexpected else directive", "1:6"),
    ('a = "%{ for }%{ endfor }"', "Invalid 'for' expression", "1:13"),
    ('a = "x', "Unterminated template string", "1:7"),
    ('b "${x}" {}', "Invalid string literal", "1:3"),
    # lines
    ("b {}}", "Missing newline after block definition", "1:5"),
    ("}", "Argument or block definition required", "1:1"),
    ('"a" = 1', "Invalid argument name", "1:1"),
    ("b {\n a = 1 }", "Missing newline after argument", "2:8"),
    ("b { a = 1, c = 2 }", "Invalid single-argument block definition", "1:10"),
    ("b { c {} }", "Argument definition required", "1:5"),
    ("a = '1'", "Invalid character", "1:5"),
    ("a = b & c", "Unsupported operator", "1:7"),
    ("a = 1 /* c", "Unterminated comment", "1:7"),
    ("a = " + "[" * 1600, "Too deeply nested", "1:1504"),
    ("a = " + '"${' * 300, "Too deeply nested", "1:306"),
]


def first(text: str) -> tuple[str, str]:
    with pytest.raises(DiagnosticError) as caught:
        parse(SourceText("x.hcl", text))
    problem = caught.value.diagnostics[0]
    assert problem.span is not None and problem.detail.endswith((".", "?"))
    return problem.summary, f"{problem.span.start.line}:{problem.span.start.column}"


@pytest.mark.parametrize("text", TAKEN)
def test_what_terraform_takes_is_taken(text: str) -> None:
    assert parse(SourceText("x.hcl", text))


@pytest.mark.parametrize(("text", "summary", "place"), REFUSED, ids=[f"{i}-{r[1]}" for i, r in enumerate(REFUSED)])
def test_what_terraform_refuses_is_refused(text: str, summary: str, place: str) -> None:
    assert first(text) == (summary, place)


def test_an_attribute_that_is_set_twice_is_told_with_its_first_place() -> None:
    with pytest.raises(DiagnosticError, match=r'"a" was already set at x\.hcl:2:1\.'):
        parse(SourceText("x.hcl", "\na = 1\nb = 2\na = 3\n"))


def test_long_chains_and_deep_brackets_are_read_without_recursion() -> None:
    assert isinstance(parse_expression(SourceText("x", "1" + " + 1" * 9_000)), n.Binary)
    assert isinstance(parse_expression(SourceText("x", "(" * 1000 + "1" + ")" * 1000)), n.Parens)


@pytest.mark.parametrize(("text", "summary"), [("1 2", "Extra characters after expression"), ("", "Missing expression")])
def test_an_expression_stands_alone(text: str, summary: str) -> None:
    with pytest.raises(DiagnosticError, match=summary):
        parse_expression(SourceText("x", text))


def test_a_template_file_needs_no_quotes() -> None:
    expr = parse_template(SourceText("x", 'a "b" \\n ${c}\n%{ if d }e%{ endif }'))
    assert isinstance(expr, n.Template)
    assert [type(part) for part in expr.parts] == [n.Text, n.Traversal, n.Text, n.Conditional]
    assert parse_template(SourceText("x", "")) == n.Quoted(0, 0, "")


def test_collecting_garbage_goes_on_after_an_error() -> None:
    with pytest.raises(DiagnosticError):
        parse(SourceText("x", "a ="))
    assert gc.isenabled()


def test_what_is_in_the_cache_needs_neither_lark_nor_hcl2(tmp_path: Path) -> None:
    source, folder = SourceText("x.hcl", "a = [1, var.b]\n"), tmp_path / "cache"
    fresh = parse(source, ParseCache(folder, b""))
    program = (
        "import sys, pathlib; from kfinfra.diag import SourceText; from kfinfra.hcl.parser import parse\n"
        "from kfinfra.hcl.cache import ParseCache\n"
        f"print(parse(SourceText('x.hcl', 'a = [1, var.b]\\n'), ParseCache(pathlib.Path({str(folder)!r}), b'')))\n"
        "print(sorted({'lark', 'hcl2', 'kfinfra.hcl.scanner'} & set(sys.modules)))"
    )
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    assert told.splitlines() == [repr(fresh), "[]"]


DEEP = {
    "parentheses": ("(" * 1000 + "1" + ")" * 1000, 1),
    "calls": ("abs(" * 1000 + "1" + ")" * 1000, 1),
    "chained +": (" + ".join(["1"] * 5000), 5000),
    "chained &&": (" && ".join(["true"] * 5000), True),
    "conditionals": ("false ? 0 : (" * 1000 + "1" + ")" * 1000, 1),
    "conditionals without parentheses": ("false ? 0 : " * 5000 + "1", 1),
    "lists": ("length(flatten(" + "[" * 1000 + "1" + "]" * 1000 + "))", 1),
    "for": ("flatten(" + "[for x in [1] : " * 500 + "x" + "]" * 500 + ")[0]", 1),
    "templates": ('"' + "${1}" * 20_000 + '"', "1" * 20_000),
    "directives": ('"' + "%{ if true }" * 1000 + "x" + "%{ endif }" * 1000 + '"', "x"),
    "indexes": ("[0][" * 1000 + "0" + "]" * 1000, 0),
    "a long list": ("length([" + ", ".join(map(str, range(20_000))) + "])", 20_000),
    "a long text": ('length("' + "x" * 1_000_000 + '")', 1_000_000),
}


@pytest.mark.parametrize("what", DEEP)
def test_what_is_deep_or_long_is_read_and_evaluated(what: str) -> None:
    text, wanted = DEEP[what]
    script = (
        "import sys; sys.setrecursionlimit(50_000)\n"
        "from kfinfra.app.options import Workplace; from kfinfra.app.evaluating import open_console; from pathlib import Path\n"
        "print(open_console(Workplace(Path(sys.argv[1]), {})).answer('local.x'))"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "main.hcl").write_text(f"locals {{\n  x = {text}\n}}\n")
        run = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True, check=False)
    shown = f'"{wanted}"' if isinstance(wanted, str) else str(wanted).lower()
    assert (run.stdout.strip(), run.stderr) == (shown, "")


def test_more_operators_than_a_tree_can_hold_are_refused() -> None:
    with pytest.raises(DiagnosticError) as caught:
        parse(SourceText("main.hcl", "x = " + " + ".join(["1"] * 20_000) + "\n"))
    assert [d.summary for d in caught.value.diagnostics] == ["Too deeply nested"]
