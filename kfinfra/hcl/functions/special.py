"""Conversions by name, and the functions about sensitivity."""

from __future__ import annotations

from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import EPHEMERAL, SENSITIVE, Unknown, Value
from kfinfra.values.marks import mark, unmark_deep
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, SetType, Type


def _to(kind: Type) -> Implementation:
    def run(value: Value) -> Value:
        try:
            return convert(value, kind)
        except ConversionError as bad:
            raise FunctionError(bad.message, 0) from bad

    return run


def _caught(*_: Value) -> Value:
    raise FunctionError("arguments of try and can cannot be expanded")


def _nonsensitive(value: Value) -> Value:
    bare, marks = unmark_deep(value)
    return mark(bare, marks - {SENSITIVE})


def _not_ephemeral(value: Value) -> Value:
    bare, marks = unmark_deep(value)
    return None if EPHEMERAL in marks else mark(bare, marks)


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
    "issensitive": lambda v: Unknown(BOOL) if isinstance(v, Unknown) else SENSITIVE in unmark_deep(v)[1],
    "ephemeralasnull": _not_ephemeral,
}
