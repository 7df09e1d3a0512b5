"""What `terraform fmt` changes besides white space: `"${x}"` alone becomes x, labels are quoted, old type names modern.

It changes how a value is written, never what it is. Unlike terraform's, it drops no comment and breaks no expression apart.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kfinfra.hcl.format.tokens import Kind, Token
from kfinfra.hcl.nodes import Attribute, Block, Body, TemplateWrap

_LEGACY = {'"string"': "string", '"list"': "list(string)", '"map"': "map(string)"}
_WITHOUT_ELEMENT = {name: f"{name}(any)" for name in ("list", "map", "set")}


@dataclass(frozen=True, slots=True)
class _Edit:
    """The tokens from offset `start` up to offset `end` become `tokens`."""

    start: int
    end: int
    tokens: tuple[Token, ...]


def rewrite(tokens: Sequence[Token], body: Body) -> list[Token]:
    """The tokens of a text whose syntax tree is `body`, written the canonical way."""
    starts = [token.start for token in tokens]
    out: list[Token] = []
    done = 0
    for edit in sorted(_edits(tokens, starts, body, ()), key=lambda e: e.start):
        first, last = bisect_left(starts, edit.start), bisect_left(starts, edit.end)
        out += [*tokens[done:first], *edit.tokens]
        done = last
    return [*out, *tokens[done:]]


def _edits(tokens: Sequence[Token], starts: list[int], body: Body, inside: tuple[str, ...]) -> Iterator[_Edit]:
    for attribute in body.attributes:
        expr = attribute.expr
        written = tokens[bisect_left(starts, expr.start) : bisect_left(starts, expr.end)]
        fresh = _type(written) if inside == ("variable",) and attribute.name == "type" else _value(written, attribute)
        if fresh is not None:
            yield _Edit(expr.start, expr.end, tuple(fresh))
    for block in body.blocks:
        yield from _labels(block)
        yield from _edits(tokens, starts, block.body, (*inside, block.type))


def _labels(block: Block) -> Iterator[_Edit]:
    for label in block.labels:
        quoted = (Token(Kind.OPEN_QUOTE, '"'), Token(Kind.LITERAL, escaped(label.value)), Token(Kind.CLOSE_QUOTE, '"'))
        yield _Edit(label.start, label.end, quoted)


def _type(written: Sequence[Token]) -> list[Token] | None:
    """A variable's type: `"string"` is string, `list` is list(any). None: it stays."""
    text = "".join(token.text for token in written)
    known = _LEGACY if written[0].kind is Kind.OPEN_QUOTE else _WITHOUT_ELEMENT
    if text not in known:
        return None
    name, _, element = known[text].removesuffix(")").partition("(")
    words = [Token(Kind.IDENT, name)]
    if element:
        words += [Token(Kind.MARK, "("), Token(Kind.IDENT, element), Token(Kind.MARK, ")")]
    return words


def _value(written: Sequence[Token], attribute: Attribute) -> list[Token] | None:
    """What stands in `"${…}"`, in parentheses where it takes several lines. None: it stays as it is."""
    wrap = attribute.expr
    if not isinstance(wrap, TemplateWrap) or not _unwrappable(written[2:-2]):
        return None
    inner = list(written[2:-2])
    while inner[0].kind is Kind.NEWLINE:
        inner.pop(0)
    while inner[-1].kind is Kind.NEWLINE:
        inner.pop()
    parenthesized = inner[0].text == "(" and inner[-1].text == ")"
    if (parenthesized or not any(token.kind is Kind.NEWLINE for token in inner)) and not _breaks(inner):
        return inner
    return [Token(Kind.MARK, "("), *inner, Token(Kind.MARK, ")")]


def _breaks(inner: Sequence[Token]) -> bool:
    """Whether a line ends outside all brackets: there an argument would end. (Terraform overlooks it behind a comment.)"""
    depth = 0
    for token in inner[:-1]:
        depth += token.nesting
        if token.ends_line and depth == 0:
            return True
    return False


def _unwrappable(inner: Sequence[Token]) -> bool:
    """Whether no other sequence stands in it, but for those in quotes: terraform's own guess, wrong on the careful side."""
    quotes = 0
    for token in inner:
        quotes += (token.kind is Kind.OPEN_QUOTE) - (token.kind is Kind.CLOSE_QUOTE)
        if quotes == 0 and token.kind in (Kind.SEQUENCE, Kind.SEQUENCE_END):
            return False
    return True


_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"', "\\": "\\\\"}


def escaped(text: str) -> str:
    """`text` as the inside of a quoted string, characters that do not print as \\uNNNN (hclwrite's rule)."""
    inside = "".join(_ESCAPES.get(c) or (c if c.isprintable() else _by_number(c)) for c in text)
    return inside.replace("${", "$${").replace("%{", "%%{")


def _by_number(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
