"""Laws of several syntax errors at once: one mistake is told once and where it is; two in separate blocks are both told."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from kfinfra.diag import Diagnostic, DiagnosticError, SourceText
from kfinfra.hcl.format import format_source
from kfinfra.hcl.parser import parse

VALUES = st.sampled_from(
    [
        *["1", "true", '"s"', '"a ${var.b} c"', "var.a[0].b", "-x", "a ? b : c", "f(1, x...)", '"%{ if a }y%{ endif }"'],
        *[
            "[1, 2]",
            "{ a = 1, b = 2 }",
            "[\n1,\n2,\n]",
            '{\na = 1\n"b" = [\n1\n]\n}',
            "f(\n1,\n2\n)",
            "a[*].b",
            "[for x in y : x if x]",
        ],
        *[
            "{ for k, v in m : k => {\na = v\n} }",
            "<<EOT\ntext { here\n  ${x} there\nEOT",
            "<<-EOT\n  a\n    b ( c\n  EOT",
            "(a +\nb)",
        ],
    ]
)


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2) -> str:
    kind = draw(st.sampled_from(["disk", "config_map", "node_group"]))
    label = draw(st.sampled_from(["", ' "x"', ' "a" "b"']))
    lines = []
    for i in range(draw(st.integers(1, 4))):
        what = draw(st.sampled_from(["attribute", "attribute", "comment", "block" if depth else "attribute"]))
        if what == "attribute":
            lines.append(f"name{i} = {draw(VALUES)}\n")
        elif what == "comment":
            lines.append(draw(st.sampled_from(["# it's {\n", "\n", "// [ c\n"])))
        else:
            lines.append(draw(blocks(depth=depth - 1)))
    return f"{kind}{label} {{\n{''.join(lines)}}}\n"


@st.composite
def sources(draw: st.DrawFn, least: int = 1) -> list[str]:
    """Top-level blocks as `fmt` lays them out."""
    made = draw(st.lists(blocks(), min_size=least, max_size=5))
    return [format_source(SourceText("x.hcl", text)) for text in made]


def told(text: str) -> tuple[Diagnostic, ...]:
    try:
        parse(SourceText("x.hcl", text))
    except DiagnosticError as problem:
        return problem.diagnostics
    return ()


@settings(max_examples=250, deadline=None)
@given(sources(), st.data())
def test_one_slip_of_the_finger_is_one_mistake(made: list[str], data: st.DataObject) -> None:
    text = "\n".join(made)
    at = data.draw(st.integers(0, len(text) - 1))
    slip = data.draw(st.sampled_from(["", *"{}[]()\"'=,:?$%*/#<.!~a1 \n", "${", "%{", "/*", "<<E\n"]))
    before, behind = text[:at], text[at + (slip == "") :]
    found = told(before + slip + behind)
    assert len(found) <= 1, [(d.summary, str(d.span)) for d in found]


FAULTS = [
    "a = = 1\n",
    "a = * 2\n",
    "a = [1 2]\n",
    'a = "x\n',
    "a = f(1,, 2)\n",
    "a b\n",
    "a = 1 b = 2\n",
    "a = 'x'\n",
    "a = {\n    b 1\n  }\n",
    "a = (1 2)\n",
]


@settings(max_examples=100, deadline=None)
@given(sources(least=2), st.data())
def test_mistakes_in_separate_blocks_are_all_told(made: list[str], data: st.DataObject) -> None:
    first = data.draw(st.integers(0, len(made) - 2))
    second = data.draw(st.integers(first + 1, len(made) - 1))
    lines = []
    for index in (first, second):
        fault = data.draw(st.sampled_from(FAULTS))
        head, newline, rest = made[index].partition("\n")
        made[index] = f"{head}{newline}  {fault}{rest}"
    text = "\n".join(made)
    for index in (first, second):
        lines.append("\n".join(made[:index]).count("\n") + (2 if index else 1))
    found = [d.span.start.line for d in told(text) if d.span is not None]
    assert len(found) == 2 and all(line <= at <= line + 5 for line, at in zip(lines, found, strict=True)), (text, found)


def test_text_that_is_not_indented_gives_its_first_mistake_only() -> None:
    assert len(told("b {\na = (1\nc {\n}\n}\nd = = 1\n")) == 1


def test_no_more_than_ten_are_told() -> None:
    assert len(told("".join(f"b{i} {{\n  a = = 1\n}}\n" for i in range(30)))) == 10
