"""Values to and from JSON-shaped Python data: the border between expressions and everything that has no HCL types."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, cast

from kfinfra.values.convert import convert
from kfinfra.values.data import (
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
from kfinfra.values.numbers import number
from kfinfra.values.types import Type

Path = tuple[str | int, ...]
_SAME = frozenset([str, int, bool, type(None)])


def to_data(value: Value, unknown: object) -> tuple[Any, frozenset[Path]]:
    """`value` as dicts, lists (sets sorted), str, bool, int, float and None, and the paths that are sensitive.

    Every unknown part is `unknown`.
    """
    hidden: set[Path] = set()
    return _data(value, unknown, (), hidden), frozenset(hidden)


def _data(value: Value, unknown: object, path: Path, hidden: set[Path]) -> object:
    kind = type(value)
    if kind in _SAME:
        return value
    if kind is MapValue or kind is ObjectValue:  # most are flat
        fields = cast(MapValue, value).items
        if _SAME.issuperset(map(type, fields.values())):
            return {k: fields[k] for k in sorted(fields)}
    match value:
        case Marked(inner, marks):
            if SENSITIVE in marks:
                hidden.add(path)
            return _data(inner, unknown, path, hidden)
        case Unknown():
            return unknown
        case Null():
            return None
        case Decimal():
            return float(value)
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            return [_data(v, unknown, (*path, i), hidden) for i, v in enumerate(items)]
        case ObjectValue(fields) | MapValue(_, fields):
            return {k: _data(fields[k], unknown, (*path, k), hidden) for k in sorted(fields)}
        case _:
            return value


def from_data(data: object, unknown: object) -> Value:
    """The value of JSON-shaped data: dicts are objects, lists tuples. Raises TypeError for anything else."""
    if type(data) is str and data.isascii():
        return data
    if data is unknown:
        return Unknown()
    match data:
        case None | bool() | int():
            return data
        case float() | Decimal():
            return number(data)
        case str():
            return data if data.isascii() else unicodedata.normalize("NFC", data)
        case dict():
            return ObjectValue({str(k): from_data(v, unknown) for k, v in data.items()})
        case list() | tuple():
            return TupleValue(_each(data, unknown))
        case _:
            raise TypeError(f"{type(data).__name__} is not JSON data")


def _each(items: Iterable[object], unknown: object) -> tuple[Value, ...]:
    return tuple(from_data(v, unknown) for v in items)


def from_data_typed(data: object, type: Type, unknown: object) -> Value:
    """The value of JSON-shaped data, converted to `type`. Raises ConversionError."""
    return convert(from_data(data, unknown), type)
