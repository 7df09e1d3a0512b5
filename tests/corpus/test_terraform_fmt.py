"""`terraform fmt` itself, run on the same sources: the same bytes, but for the places where it loses or breaks something."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from kfinfra.diag import DiagnosticError, SourceText
from kfinfra.hcl.format import format_source
from kfinfra.hcl.format.tokens import Kind, ScanError, tokenize

REPOSITORY = Path(__file__).parents[2]
CORPUS = REPOSITORY.parent / "shared" / "corpus"
ENV = {k: v for k, v in os.environ.items() if k != "TF_CLI_CONFIG_FILE"} | {"CHECKPOINT_DISABLE": "1"}
pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="terraform, the reference, is not on this machine")

# What differs on purpose: source, terraform's, ours.
DIFFERENT = {
    # Terraform reads a label as one token, and one with a $ or an escape sequence in it is several: the label is dropped.
    'b "$x" {}\n': ("b {}\n", 'b "$x" {}\n'),
    'b "$${x}" {}\n': ("b {}\n", 'b "$${x}" {}\n'),
    # Comments between labels are dropped.
    'b /* c */ x /* d */ "y" /* e */ {}\n': ('b "x" "y" /* e */ {}\n', 'b /* c */ "x" /* d */ "y" /* e */ {}\n'),
    # One level a run, so formatting what is formatted changes it again.
    'a = "${"${x}"}"\n': ('a = "${x}"\n', "a = x\n"),
    # Unwrapped without the parentheses that it needs over several lines: the file does not parse any more.
    'a = "${(x)\n + (y)}"\n': ("a = (x)\n+ (y)\n", "a = ((x)\n+ (y))\n"),
    'a = "${x + # c\ny}"\n': ("a = x + # c\ny\n", "a = (x + # c\ny)\n"),
}
BY_HAND = [
    *["", "   ", "\n\n\na=1\n", "\ufeffa=1\n", "a=1", "a=1\n   ", "a=1\n\t", "a=1 # x", "a=1 /* x */", "  # x"],
    *[
        "a=1\r\nbb = 2 # c\r\n",
        "a = <<E\r\n x\r\nE\r\nbb=1\r\n",
        "a = 1\t\t# x\n\tb\t=\t2\n",
        "é=1 # x\nbbb=2 # y\n",
        'a="日本" # x\nb=2 # y\n',
    ],
    *["b {\n}\n", "b {\n\n\n}\n", "b { }\n", "b { a=1 }\n", "a = [\n]\nb = {\n}\nc = [ ]\nd = { }\ne= f( )\n"],
    *['b x "y" {}\n', 'b "a\\u00e9\\tz"{}\n', 'b "a\\u200b" {}\n', 'b "é" {}\n', 'b "" {}\n'],
    *[
        f'variable "x" {{\n type={t}\n}}\n'
        for t in ('"string"', '"list"', '"map"', '"number"', "list", "map", "set", "any", '"${x}"')
    ],
    *[
        'b {\n variable "x" {\n type=map\n}\n}\n',
        'variable "x" {\n default="${x}"\n}\n',
        'a = "${\n x\n}"\n',
        'a = "${(\nx\n)}"\n',
    ],
    *['a = "${[ # c\n1]}"\n', 'a = "${x # c\n}"\n', 'a = "${x}${y}"\n', 'a = "${f("${x}")}"\n', 'a="${~ x ~}"\nb=" ${~x ~} "\n'],
    *[
        "a = <<EOT\n  x ${ y } %{ if z }\n   k\n %{ endif }\n  EOT\nbb=1\n",
        "x=f(<<E\n${ a(\n1) }\nE\n)\n",
        "a=<<E\n$\n%\n$${x}\nE\n",
    ],
    *["b {\na = [<<EOT\nx {\nEOT\n,1]\nbb=1\n}\n", "b {\nccc=1\na = <<-EOT\n  x\n  EOT\nbb=1\n}\n", "a=<<E\n\nE\nb=<<E\nE\n"],
    *["a = -1\nb = a - 1\nc = a ? -1 : - 2\nd=[-1,- 2]\ne={for k,v in x:k=>-1}\nf=!a\ng=! !a\nh=a&&!b\ni=(a)-1\nj= a[0] -1\n"],
    *['a={\nb=1\ncc=2 // x\n\ndd = [\n1,\n2\n]\n"e"=3\n(f)=4\n}\n', "a = x [0] . b [*] . c\nb= x . * . c\nc = f ( x ... )\n"],
    *["a = cond ?b:c\nz = { a : 1, b=2 }\n", "a = [for x in[1]: x if x>0]\nb={for k in  y : k=>k ...}\n", "d = p::a::b( 1 )\n"],
    *[
        "a = [\n  # c1\n  1, # c2\n  222, # c3\n  ]\n",
        "a = f(x, {\nb = 1\n})\nb = f([{\na=1},{\nb=2\n}])\n",
        "a = f(\n[\n{\n}])\n",
    ],
    *["/* x\n y */ a = 1\n  /* multi\n  line */\nb = 2 /* k\n l */ # z\nccc=3 # y\n", 'a="%{ if x ~}a%{ else }b%{~ endif }"\n'],
    *['a="${ {b=1} }"\nb="x${ {b=1} }${c}"\n', 'a = "$"\nb = "$$"\nc="%"\nd="$${"\ne = "$$${x}"\n', "a = b ? [\n1] : {\n}\n"],
]


def sources() -> list[str]:
    """The corpora's sources that parse, and every configuration of this repository."""
    found = [
        p.read_bytes().decode() for p in [*CORPUS.glob("hcl-spec/**/*.hcl"), CORPUS / "expressions" / "locals.tf"] if p.exists()
    ]
    found += [p.read_bytes().decode() for p in REPOSITORY.glob("**/*.hcl") if ".kfinfra" not in p.parts]
    return [*BY_HAND, *found, *(case["src"] for case in cases("hcl-syntax") if case["valid"])]


def cases(folder: str) -> list[dict[str, object]]:
    path = CORPUS / folder / "cases.jsonl"
    return [json.loads(line) for line in path.read_text().split("\n") if line] if path.exists() else []


def expressions() -> list[str]:
    return [str(case["expr"]) for case in cases("expressions") if not excepted(str(case["expr"]))]


def terraforms(texts: list[str], folder: Path) -> list[str]:
    """What `terraform fmt` makes of each text; one that it refuses stays."""
    for i, text in enumerate(texts):
        (folder / f"{i}.tf").write_bytes(text.encode())
    subprocess.run(["terraform", "fmt", str(folder)], env=ENV, capture_output=True, check=False)
    return [(folder / f"{i}.tf").read_bytes().decode() for i in range(len(texts))]


def ours(text: str) -> str:
    """What we make of it; a text that we refuse stays."""
    try:
        return format_source(SourceText("case.hcl", text))
    except DiagnosticError:
        return text


def test_every_source_is_formatted_to_the_same_bytes(tmp_path: Path, agreed: Callable[[str, int, int], None]) -> None:
    texts = [t for t in sources() if t not in DIFFERENT]
    pairs = zip(texts, terraforms(texts, tmp_path), strict=True)
    wrong = [(text, theirs, ours(text)) for text, theirs in pairs if ours(text) != theirs]
    agreed("terraform fmt", len(texts) - len(wrong), len(texts))
    assert not wrong, "\n".join(map(str, wrong[:20]))


def test_the_differences_are_those_that_are_listed(tmp_path: Path) -> None:
    answers = terraforms(list(DIFFERENT), tmp_path)
    assert [(t, ours(s)) for s, t in zip(DIFFERENT, answers, strict=True)] == list(DIFFERENT.values())


@pytest.mark.skipif(not CORPUS.exists(), reason=f"{CORPUS} is missing: the corpus is not part of the repository")
def test_sources_with_other_white_space_are_formatted_to_the_same_bytes(tmp_path: Path) -> None:
    chance = random.Random(20)
    written = [str(case["src"]) for case in cases("hcl-syntax") if case["valid"] and not excepted(str(case["src"]))]
    written += [f"b {{\na = {expr}\nlonger = 1 # c\n}}\n" for expr in chance.sample(expressions(), 400)]
    texts = [text for source in written if ours(text := shaken(source, chance)) != text and text not in DIFFERENT]
    pairs = zip(texts, terraforms(texts, tmp_path), strict=True)
    wrong = [(text, theirs, ours(text)) for text, theirs in pairs if ours(text) != theirs]
    assert len(texts) > 500 and not wrong, "\n".join(map(str, wrong[:20]))


def excepted(source: str) -> bool:
    """Whether terraform may break or lose something in it (`"${…}"` over several lines, labels) or refuse it (`[*` newline)."""
    return re.search(r'= *"\$\{|\[ *\*|^ *[\w-]+ +[\w"].*\{', source, re.MULTILINE) is not None


def shaken(text: str, chance: random.Random) -> str:
    """The text with other white space and comments between its tokens; it may no longer parse."""
    try:
        tokens = tokenize(text)
    except ScanError:
        return text
    out, at, inside = "", 0, (Kind.OPEN_QUOTE, Kind.LITERAL, Kind.OPEN_HEREDOC)
    for i, token in enumerate(tokens[:-1]):
        gap = text[at : token.start]
        if token.kind not in (Kind.LITERAL, Kind.CLOSE_QUOTE, Kind.CLOSE_HEREDOC) and (not i or tokens[i - 1].kind not in inside):
            joined = i and tokens[i - 1].kind is Kind.SEQUENCE_END and token.kind is Kind.SEQUENCE
            gap = (
                ""
                if joined
                else chance.choice([gap] * 20 + [gap + " " * chance.randint(1, 4)] * 8 + [" /* c */ ", "\n", " # x\n", "\t"])
            )
        out += gap + token.text
        at = token.start + len(token.text)
    return out
