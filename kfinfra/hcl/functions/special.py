"""Conversions by name, and the functions about sensitivity."""

from __future__ import annotations

from kfinfra.hcl.access import friendly
from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import EPHEMERAL, SENSITIVE, ListValue, MapValue, ObjectValue, TupleValue, Unknown, Value, type_of
from kfinfra.values.marks import mark, unmark
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, SetType, Type, type_name

_NAMES: dict[Type, str] = {ListType(ANY): "list", SetType(ANY): "set", MapType(ANY): "map"}


def _to(kind: Type) -> Implementation:
    def run(value: Value) -> Value:
        try:
            made = convert(value, kind)
            return Unknown(kind, made.not_null) if type(made) is Unknown else made
        except ConversionError as bad:
            what = f'"{value}"' if isinstance(value, str) and len(value) < 60 else friendly(unmark(value)[0])
            raise FunctionError(f"cannot convert {what} to {_NAMES.get(kind) or type_name(kind)}: {bad.message}", 0) from bad

    return run


def _caught(*_: Value) -> Value:
    raise FunctionError("arguments of try and can cannot be expanded")


def _nonsensitive(value: Value) -> Value:
    bare, marks = unmark(value)
    return mark(bare, marks - {SENSITIVE})


def _issensitive(value: Value) -> Value:
    bare, marks = unmark(value)
    return True if SENSITIVE in marks else Unknown(BOOL) if isinstance(bare, Unknown) else False


def _not_ephemeral(value: Value) -> Value:
    bare, marks = unmark(value)
    if EPHEMERAL in marks:
        return mark(convert(None, type_of(bare)), marks - {EPHEMERAL})
    match bare:
        case TupleValue(items):
            return mark(TupleValue(tuple(map(_not_ephemeral, items))), marks)
        case ListValue(element, items):
            return mark(ListValue(element, tuple(map(_not_ephemeral, items))), marks)
        case ObjectValue(fields):
            return mark(ObjectValue({name: _not_ephemeral(part) for name, part in fields.items()}), marks)
        case MapValue(element, fields):
            return mark(MapValue(element, {name: _not_ephemeral(part) for name, part in fields.items()}), marks)
        case _:
            return value


FUNCTIONS: dict[str, Implementation] = {
    "tostring": _to(STRING),
    "tonumber": _to(NUMBER),
    "tobool": _to(BOOL),
    "tolist": _to(ListType(ANY)),
    "toset": _to(SetType(ANY)),
    "tomap": _to(MapType(ANY)),
    "try": _caught,
    "can": _caught,
    "sensitive": lambda v: mark(v, frozenset({SENSITIVE})),
    "nonsensitive": _nonsensitive,
    "issensitive": _issensitive,
    "ephemeralasnull": _not_ephemeral,
}
