"""Laws of fmt over generated configurations: twice is once, the meaning stays, no comment is lost."""

from __future__ import annotations

from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from kfinfra.diag import SourceText
from kfinfra.hcl import nodes as n
from kfinfra.hcl.format import format_source
from kfinfra.hcl.format.tokens import Kind, tokenize
from kfinfra.hcl.parser import parse

NAMES = st.sampled_from(["a", "bb", "type", "variable", "in", "for", "é", "x-y"])
BLANK = st.sampled_from(["", " ", "  ", "\t", " /* k */ "])
INSIDE = st.sampled_from(["", " ", "\n", " # c\n", "\n\n", " /* k\n k */ "])
LITERALS = st.sampled_from(
    ["1", "2.5e3", "true", "null", '"s"', '""', '"$${x} %%{"', '"é\\n"', "var.a", "a.b[0].c", "a[*].b", "a.*.b"]
)


def wrapped(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Bigger expressions of smaller ones, with white space where it does not count."""
    gap = INSIDE

    def joined(*pieces: str | st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        return st.tuples(*(st.just(p) if isinstance(p, str) else p for p in pieces)).map("".join)

    return st.one_of(
        joined("(", gap, parts, gap, ")"),
        joined("[", gap, parts, gap, ",", gap, parts, gap, "]"),
        joined("{", BLANK, "a", BLANK, "=", BLANK, parts, "\n", BLANK, "(b) :", parts, BLANK, "}"),
        joined("f", BLANK, "(", gap, parts, gap, ",", parts, BLANK, "...", gap, ")"),
        joined("(", parts, gap, st.sampled_from(["+", " -", "==", "&&", "%"]), gap, parts, ")"),
        joined("-", BLANK, parts),
        joined("!", BLANK, "a"),
        joined("(a ", gap, "?", gap, parts, gap, ":", gap, parts, ")"),
        joined("[for", " x", gap, " in ", gap, parts, gap, ":", gap, parts, " if ", "x", gap, "]"),
        joined('"${', gap, parts, gap, '}"'),
        joined('"${~', parts, " ~}", " t ", "%{", " if a }", "y", "%{else", BLANK, '}n%{ endif ~}"'),
        joined(
            "<<-E\n  x ${", gap, parts.filter(lambda inner: "<<" not in inner), gap, "} y\n", BLANK.filter(str.isspace), "\n E\n"
        ),
    )


EXPRESSIONS = st.recursive(LITERALS, wrapped, max_leaves=6)


@st.composite
def bodies(draw: st.DrawFn, depth: int = 2) -> str:
    lines = []
    for i in range(draw(st.integers(0, 4))):
        kind = draw(st.sampled_from(["attribute", "attribute", "attribute", "block", "comment"]))
        if kind == "attribute":
            name = f"{draw(NAMES)}{i}" if draw(st.booleans()) else ("type" if i == 0 else f"n{i}")
            written = draw(EXPRESSIONS)
            end = "" if written.endswith("E\n") else draw(st.sampled_from(["\n", " # c\n", " /* k */ // c\n", "\n\n"]))
            lines.append(f"{draw(BLANK)}{name}{draw(BLANK)}={draw(BLANK)}{written}{end}")
        elif kind == "comment":
            lines.append(draw(st.sampled_from(["# c\n", "   // c\n", "/* k\n k */\n", "\n"])))
        elif depth:
            labels = draw(st.sampled_from(["", "x ", '"y" ', 'x "$z" /* k */ ', '"\\u00e9" ']))
            lines.append(f"{draw(NAMES)} {labels}{{\n{draw(bodies(depth=depth - 1))}}}\n")
    return "".join(lines)


def shape(node: object) -> object:
    """A tree without places."""
    if isinstance(node, msgspec.Struct):
        fields = [f for f in node.__struct_fields__ if f not in ("start", "end", "name_end", "header_end")]
        return (type(node).__name__, *(shape(getattr(node, f)) for f in fields))
    return tuple(map(shape, node)) if isinstance(node, tuple) else node


def value(expr: n.Expr) -> object:
    """An attribute's value, however it is wrapped."""
    while isinstance(expr, n.TemplateWrap | n.Parens):
        expr = expr.inner
    return shape(expr)


def meaning(body: n.Body, inside: tuple[str, ...] = ()) -> object:
    attributes = [(a.name, "type" if inside == ("variable",) and a.name == "type" else value(a.expr)) for a in body.attributes]
    blocks = [(b.type, [label.value for label in b.labels], meaning(b.body, (*inside, b.type))) for b in body.blocks]
    return attributes, blocks


def comments(text: str) -> Counter[str]:
    return Counter(t.text.strip() for t in tokenize(text) if t.kind is Kind.COMMENT)


@settings(max_examples=150, deadline=None)
@given(bodies())
def test_formatting_twice_is_formatting_once_and_changes_no_meaning(text: str) -> None:
    source = SourceText("x.hcl", text)
    once = format_source(source)
    again = SourceText("x.hcl", once)
    assert format_source(again) == once
    assert meaning(parse(again)) == meaning(parse(source))
    assert comments(once) == comments(text)
