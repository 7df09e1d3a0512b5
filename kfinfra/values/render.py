"""A value as `terraform console` prints it, on several lines. Sensitive and unknown parts are named, not shown."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from kfinfra.values.data import (
    SENSITIVE,
    ListValue,
    MapValue,
    Marked,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
)
from kfinfra.values.numbers import number_text
from kfinfra.values.types import ListType, MapType, SetType, Type

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quote(text: str) -> str:
    """`text` as an HCL quoted string."""
    inside = "".join(_ESCAPES.get(c, c) for c in text)
    return '"' + inside.replace("${", "$${").replace("%{", "%%{") + '"'


def render(value: Value) -> str:
    """`value` as the console shows it."""
    return _render(value, 0)


def _render(value: Value, depth: int) -> str:
    match value:
        case Marked(inner, marks):
            return "(sensitive value)" if SENSITIVE in marks else _render(inner, depth)
        case Unknown():
            return "(known after apply)"
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return number_text(value)
        case str():
            return _string(value, depth)
        case TupleValue(items):
            return _sequence(items, depth)
        case ListValue(element, items):
            return f"tolist({_sequence(items, depth)})" if items else f"tolist({_empty(ListType(element))})"
        case SetValue(element, items):
            return f"toset({_sequence(items, depth)})" if items else f"toset({_empty(SetType(element))})"
        case MapValue(element, fields):
            return f"tomap({_mapping(fields, depth)})" if fields else f"tomap({_empty(MapType(element))})"
        case ObjectValue(fields):
            return _mapping(fields, depth)


def _string(text: str, depth: int) -> str:
    if "\n" not in text or text.count("\n") < 2:
        return quote(text)
    body = text.removesuffix("\n")
    if depth == 0:
        return f"<<EOT\n{body}\nEOT"
    pad = "  " * depth
    lines = "\n".join(pad + line if line else "" for line in body.split("\n"))
    return f"<<-EOT\n{lines}\n{pad}EOT"


def _sequence(items: Iterable[Value], depth: int) -> str:
    pad = "  " * (depth + 1)
    lines = "".join(f"{pad}{_render(v, depth + 1)},\n" for v in items)
    return f"[\n{lines}{'  ' * depth}]" if lines else "[]"


def _mapping(fields: object, depth: int) -> str:
    if not isinstance(fields, dict) or not fields:
        return "{}" if not fields else _mapping(dict(fields), depth)  # type: ignore[call-overload]
    pad = "  " * (depth + 1)
    lines = "".join(f"{pad}{quote(k)} = {_render(fields[k], depth + 1)}\n" for k in sorted(fields))
    return f"{{\n{lines}{'  ' * depth}}}"


def _empty(kind: Type) -> str:
    if isinstance(kind, MapType):
        return "{}"
    return "[]"
