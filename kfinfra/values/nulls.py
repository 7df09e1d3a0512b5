"""Nulls: Python's None has no type, `Null` has one. Expressions tell them apart; everybody else sees None only."""

from __future__ import annotations

from kfinfra.values.data import ListValue, MapValue, Marked, Null, ObjectValue, ResourceValue, SetValue, TupleValue, Value
from kfinfra.values.marks import BARE, holds_only


def is_null(value: Value) -> bool:
    """Whether a value without marks is null, of whatever type."""
    return value is None or type(value) is Null


_PLAIN = BARE - {Null}
"""What holds no null of a type."""


def untyped(value: Value) -> Value:
    """`value` with None for each null in it."""
    if holds_only(value, _PLAIN):
        return value
    match value:
        case Null():
            return None
        case Marked(inner, marks):
            bare = untyped(inner)
            return value if bare is inner else Marked(bare, marks)
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            plain = tuple(map(untyped, items))
            if all(new is old for new, old in zip(plain, items, strict=True)):
                return value
            return TupleValue(plain) if isinstance(value, TupleValue) else type(value)(value.element, plain)
        case ObjectValue(fields) | MapValue(_, fields):
            made = {name: untyped(part) for name, part in fields.items()}
            if all(made[name] is part for name, part in fields.items()):
                return value
            if isinstance(value, ResourceValue):
                return ResourceValue(made, value.resource_type, value.address)
            return MapValue(value.element, made) if isinstance(value, MapValue) else ObjectValue(made)
        case _:
            return value
