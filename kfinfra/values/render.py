"""A value as `terraform console` prints it, on several lines. Sensitive and unknown parts are named, not shown.

A null prints its type (`tostring(null)`) where a collection's element type tells it; a null alone has none here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from kfinfra.values.data import (
    EPHEMERAL,
    SENSITIVE,
    ListValue,
    MapValue,
    Marked,
    Null,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
)
from kfinfra.values.numbers import number_text
from kfinfra.values.types import ANY, ListType, MapType, ObjectType, Primitive, SetType, TupleType, Type

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}


def quote(text: str) -> str:
    """`text` in double quotes as Go quotes it: what does not print is escaped, `${` is not."""
    return '"' + "".join(_ESCAPES.get(c) or (c if c.isprintable() else _by_number(ord(c))) for c in text) + '"'


def _by_number(code: int) -> str:
    if code < 0x80:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def render(value: Value) -> str:
    """`value` as the console shows it."""
    return _render(value, ANY, 0)


def _render(value: Value, kind: Type, depth: int) -> str:
    """`kind` is the type that the place of the value asks for."""
    match value:
        case Marked(Unknown(), _):
            return "(known after apply)"
        case Marked(inner, marks):
            hidden = next((m for m in (SENSITIVE, EPHEMERAL) if m in marks), None)
            return f"({hidden} value)" if hidden else _render(inner, kind, depth)
        case Unknown():
            return "(known after apply)"
        case None:
            return _null(kind)
        case Null(of):
            return _null(of)
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return number_text(value)
        case str():
            return _string(value, depth)
        case TupleValue(items):
            kinds = kind.elements if isinstance(kind, TupleType) else (ANY,) * len(items)
            return _sequence(zip(items, kinds, strict=True), depth)
        case ListValue(element, items):
            return f"tolist({_sequence(((v, element) for v in items), depth)})"
        case SetValue(element, items):
            return f"toset({_sequence(((v, element) for v in items), depth)})"
        case MapValue(element, fields):
            return f"tomap({_mapping(fields, dict.fromkeys(fields, element), depth)})"
        case ObjectValue(fields):
            return _mapping(fields, kind.attributes if isinstance(kind, ObjectType) else {}, depth)


def _null(kind: Type) -> str:
    match kind:
        case Primitive("any"):
            return "null"
        case Primitive(name):
            return f"to{name}(null)"
        case ListType(element) | SetType(element) | MapType(element):
            return f"to{friendly_type(kind).split()[0]}(null) /* of {friendly_type(element)} */"
        case _:
            return f"null /* {friendly_type(kind)} */"


def friendly_type(kind: Type) -> str:
    """A type's name in words, as cty has it."""
    match kind:
        case Primitive(name):
            return "dynamic" if name == "any" else name
        case ListType(element):
            return f"list of {friendly_type(element)}"
        case SetType(element):
            return f"set of {friendly_type(element)}"
        case MapType(element):
            return f"map of {friendly_type(element)}"
        case TupleType():
            return "tuple"
        case ObjectType():
            return "object"


def _string(text: str, depth: int) -> str:
    """A text of several lines is a heredoc whose mark is on none of them."""
    lines = text.split("\n")
    if len(lines) < 2:
        return quote(text)
    mark = "EOT"
    while mark in map(str.strip, lines):
        mark += "_"
    pad = "  " * depth
    return f"<<{'-' if depth else ''}{mark}\n" + "".join(f"{pad}{line}\n" for line in [*lines, mark])[:-1]


def _sequence(items: Iterable[tuple[Value, Type]], depth: int) -> str:
    return _bracketed("[]", (f"{_render(v, kind, depth + 1)}," for v, kind in items), depth)


def _mapping(fields: Mapping[str, Value], kinds: Mapping[str, Type], depth: int) -> str:
    def lines() -> Iterator[str]:
        for key in sorted(fields):
            yield f"{_string(key, depth + 1)} = {_render(fields[key], kinds.get(key, ANY), depth + 1)}"

    return _bracketed("{}", lines(), depth)


def _bracketed(brackets: str, lines: Iterable[str], depth: int) -> str:
    pad = "  " * (depth + 1)
    inside = "".join(f"{pad}{line}\n" for line in lines)
    return f"{brackets[0]}\n{inside}{pad[2:]}{brackets[1]}" if inside else brackets


def render_type(kind: Type) -> str:
    """A type as the console's `type` function shows it."""
    return _type(kind, 0)


def _type(kind: Type, depth: int) -> str:
    match kind:
        case Primitive():
            return friendly_type(kind)
        case ListType(element) | SetType(element) | MapType(element):
            name = friendly_type(kind).split()[0]
            if isinstance(element, TupleType | ObjectType):
                return f"{name}({_typed([_type(element, depth + 1)], depth)})"
            return f"{name}({_type(element, depth)})"
        case TupleType(elements):
            return f"tuple([{_typed([_type(e, depth + 1) for e in elements], depth)}])"
        case ObjectType(attributes):
            return f"object({{{_typed([f'{n}: {_type(t, depth + 1)}' for n, t in sorted(attributes.items())], depth)}}})"


def _typed(lines: list[str], depth: int) -> str:
    pad = "    " * depth
    return "".join(["\n", *(f"{pad}    {line},\n" for line in lines), pad]) if lines else ""
