"""What a diagnostic says of a value that an expression saw: short, never a secret. The words are Terraform's."""

from __future__ import annotations

from decimal import Decimal

from kfinfra.values.convert import type_of
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
from kfinfra.values.render import friendly_type, quote
from kfinfra.values.types import ANY

_LONGEST = 200


def statement(value: Value) -> str:
    """A predicate for the value's name: `is 3`, `is list of string with 2 elements`, `has a sensitive value`."""
    match value:
        case Marked(_, marks) if SENSITIVE in marks:
            return "has a sensitive value"
        case Marked(_, marks) if EPHEMERAL in marks:
            return "has an ephemeral value"
        case Marked(inner):
            return statement(inner)
        case Unknown(kind):
            return "will be known only after apply" if kind == ANY else f"is a {friendly_type(kind)}, known only after apply"
        case _:
            return f"is {_compact(value)}"


def _compact(value: Value) -> str:
    match value:
        case None | Null():
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | Decimal():
            return f"{Decimal(value):.10g}" if not isinstance(value, int) else _cut(str(value))
        case str():
            return _cut(quote(value))
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            return _counted(friendly_type(type_of(value)), len(items))
        case MapValue(_, fields):
            return _counted(friendly_type(type_of(value)), len(fields))
        case ObjectValue(fields):
            return _object(list(fields))
        case Marked() | Unknown():
            return statement(value)


def _counted(kind: str, count: int) -> str:
    return f"empty {kind}" if not count else f"{kind} with {count} element{'s' if count > 1 else ''}"


def _object(names: list[str]) -> str:
    if len(names) == 1:
        return f"object with 1 attribute {quote(names[0])}"
    return f"object with {len(names)} attributes" if names else "object with no attributes"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
