"""Taking marks off values and putting them back: what every operation on values does first and last."""

from __future__ import annotations

from decimal import Decimal
from itertools import repeat
from typing import Any

from kfinfra.values.data import (
    EPHEMERAL,
    SENSITIVE,
    ListValue,
    MapValue,
    Marked,
    Null,
    ObjectValue,
    ResourceValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
)

NONE: frozenset[str] = frozenset()
SECRET = frozenset({SENSITIVE, EPHEMERAL})
"""The marks of values that no message may show."""
BARE = frozenset([str, int, bool, Decimal, type(None), Null])
"""The types of values that hold no marks and nothing unknown. Asking for these first is what makes passes over values cheap."""
_SEQUENCES = frozenset([TupleValue, ListValue, SetValue])
_MAPPINGS = frozenset([ObjectValue, MapValue])
COLLECTIONS = _SEQUENCES | _MAPPINGS


def is_bare(value: Value) -> bool:
    """Whether no part of `value` is marked or unknown. Most values are such, and this is the quickest way to see it."""
    return type(value) in BARE or holds_only(value, BARE)


def holds_only(whole: Any, leaves: frozenset[type]) -> bool:
    """Whether `whole` is of one of these types, or a collection of nothing else at any depth."""
    kind = type(whole)
    if kind in _SEQUENCES:
        items = whole.items
    elif kind in _MAPPINGS:
        items = whole.items.values()
    else:
        return kind in leaves
    return leaves.issuperset(map(type, items)) or all(map(holds_only, items, repeat(leaves)))


def mark(value: Value, marks: frozenset[str]) -> Value:
    """`value` with `marks` added to those it has."""
    if not marks:
        return value
    if isinstance(value, Marked):
        return value if marks <= value.marks else Marked(value.value, value.marks | marks)
    return Marked(value, marks)


def unmark(value: Value) -> tuple[Value, frozenset[str]]:
    """The value without its outermost marks, and those marks."""
    return (value.value, value.marks) if isinstance(value, Marked) else (value, NONE)


def unmark_deep(value: Value) -> tuple[Value, frozenset[str]]:
    """The value without any marks, and all marks that were on it or inside it."""
    return (value, NONE) if is_bare(value) else _unmark_deep(value)


def _unmark_deep(value: Value) -> tuple[Value, frozenset[str]]:
    if type(value) in BARE:
        return value, NONE
    match value:
        case Marked(inner, marks):
            bare, deeper = _unmark_deep(inner)
            return bare, marks | deeper
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            pairs = [_unmark_deep(i) for i in items]
            found = NONE.union(*(m for _, m in pairs))
            return (_rebuild(value, tuple(v for v, _ in pairs)), found) if found else (value, NONE)
        case ObjectValue(fields) | MapValue(_, fields):
            named = {k: _unmark_deep(v) for k, v in fields.items()}
            found = NONE.union(*(m for _, m in named.values()))
            return (_refill(value, {k: v for k, (v, _) in named.items()}), found) if found else (value, NONE)
        case _:
            return value, NONE


def has_mark(value: Value, wanted: str) -> bool:
    """Whether `value`, or a part of it, has the mark."""
    return not is_bare(value) and _has_mark(value, wanted)


def _has_mark(value: Value, wanted: str) -> bool:
    match value:
        case Marked(inner, marks):
            return wanted in marks or _has_mark(inner, wanted)
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            return any(_has_mark(item, wanted) for item in items)
        case ObjectValue(fields) | MapValue(_, fields):
            return any(_has_mark(item, wanted) for item in fields.values())
        case _:
            return False


def _rebuild(like: TupleValue | ListValue | SetValue, items: tuple[Value, ...]) -> Value:
    match like:
        case TupleValue():
            return TupleValue(items)
        case ListValue(element):
            return ListValue(element, items)
        case SetValue(element):
            return SetValue(element, items)


def _refill(like: ObjectValue | MapValue, items: dict[str, Value]) -> Value:
    if isinstance(like, MapValue):
        return MapValue(like.element, items)
    if isinstance(like, ResourceValue):
        return ResourceValue(items, like.resource_type, like.address)
    return ObjectValue(items)


def wholly_known(value: Value) -> bool:
    """Whether no part of `value` is unknown."""
    return is_bare(value) or _wholly_known(value)


def _wholly_known(value: Value) -> bool:
    match value:
        case Unknown():
            return False
        case Marked(inner):
            return _wholly_known(inner)
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            return all(map(_wholly_known, items))
        case ObjectValue(fields) | MapValue(_, fields):
            return all(map(_wholly_known, fields.values()))
        case _:
            return True
