"""Terraform's conversions between types, as cty's `convert` does them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from kfinfra.values.data import Deferred, ListValue, MapValue, Marked, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import mark, unmark_deep
from kfinfra.values.numbers import number_text, parse_number
from kfinfra.values.operations import sorted_set
from kfinfra.values.types import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    Primitive,
    SetType,
    TupleType,
    Type,
    type_name,
)
from kfinfra.values.unify import unify

Path = tuple[str | int, ...]
__all__ = ["ConversionError", "convert", "type_of", "unify"]


class ConversionError(ValueError):
    """A value cannot be of the type that was asked for; `path` says which part of it."""

    def __init__(self, message: str, path: Path = ()) -> None:
        self.message, self.path = message, path
        super().__init__(message)


def type_of(value: Value) -> Type:
    """The type of a value; `any` for null and for an unknown of unknown type."""
    if type(value) is str:
        return STRING
    match value:
        case Marked(inner):
            return type_of(inner)
        case bool():
            return BOOL
        case int() | Decimal():
            return NUMBER
        case str():
            return STRING
        case TupleValue(items):
            return TupleType(tuple(map(type_of, items)))
        case ObjectValue(fields):
            return ObjectType({k: type_of(v) for k, v in fields.items()})
        case ListValue(element):
            return ListType(element)
        case SetValue(element):
            return SetType(element)
        case MapValue(element):
            return MapType(element)
        case Unknown(kind):
            return kind
        case _:
            return ANY


_NAMES: dict[type, str] = {str: "string", bool: "bool", int: "number", Decimal: "number"}
"""The types that values of Python's own types have already: most conversions are to these, and change nothing."""


_PYTHONS: dict[Type, type] = {STRING: str, BOOL: bool, NUMBER: int}


def convert(value: Value, to: Type) -> Value:
    """`value` as a value of type `to`. Raises ConversionError(message, path)."""
    if isinstance(to, Primitive) and _NAMES.get(type(value)) == to.name:
        return value
    return _convert(value, to, ())


def _convert(value: Value, to: Type, path: Path) -> Value:
    if isinstance(value, Marked):
        return mark(_convert(value.value, to, path), value.marks)
    if value is None or to is ANY:
        return value
    if isinstance(value, Unknown):
        return _unknown(value, to, path)
    match to:
        case Primitive():
            return _primitive(value, to, path)
        case ListType(element):
            kind, items = _elements(value, element, to, path)
            return ListValue(kind, items)
        case SetType(element):
            kind, items = _elements(value, element, to, path)
            return _set(kind, items)
        case MapType(element):
            return _map(value, element, path)
        case TupleType(elements):
            if not isinstance(value, TupleValue) or len(value.items) != len(elements):
                raise ConversionError(f"{_article(to)} required", path)
            pairs = enumerate(zip(value.items, elements, strict=True))
            return TupleValue(tuple(_convert(v, t, (*path, i)) for i, (v, t) in pairs))
        case ObjectType():
            return _object(value, to, path)


def _unknown(value: Unknown, to: Type, path: Path) -> Value:
    have = value.type
    if have == to:
        return value
    simple = isinstance(have, Primitive) and isinstance(to, Primitive)
    mismatch = isinstance(have, Primitive) != isinstance(to, Primitive) or (simple and STRING not in (have, to))
    if have != ANY and mismatch:
        raise ConversionError(f"{_article(to)} required", path)
    if isinstance(value, Deferred):
        return replace(value, type=to)
    if to == STRING:
        return Unknown(to, value.not_null)
    sized = isinstance(to, ListType | MapType) and not isinstance(have, SetType)
    return replace(value, type=to) if sized else Unknown(to, value.not_null)


def _primitive(value: Value, to: Primitive, path: Path) -> Value:
    if type(value) is _PYTHONS[to]:
        return value
    match to.name, value:
        case "string", bool():
            return "true" if value else "false"
        case "string", int() | Decimal():
            return number_text(value)
        case "number", int() | Decimal() if not isinstance(value, bool):
            return value
        case "number", str():
            try:
                return parse_number(value)
            except ValueError as bad:
                raise ConversionError("a number is required", path) from bad
        case "bool", "true" | "1":
            return True
        case "bool", "false" | "0":
            return False
        case "bool", str() if value.lower() in ("true", "false"):
            raise ConversionError(f'a bool is required; to convert from string, use lowercase "{value.lower()}"', path)
        case _:
            raise ConversionError(f"a {to.name} is required" if isinstance(value, str) else f"{to.name} required", path)


def _elements(value: Value, element: Type, to: Type, path: Path) -> tuple[Type, tuple[Value, ...]]:
    if not isinstance(value, TupleValue | ListValue | SetValue):
        raise ConversionError(f"{_article(to)} required", path)
    kind = _element_type(element, value.items, "set" if isinstance(to, SetType) else "list", path)
    same = _PYTHONS.get(kind) if isinstance(kind, Primitive) else None
    return kind, tuple([v if type(v) is same else _convert(v, kind, (*path, i)) for i, v in enumerate(value.items)])


def _element_type(element: Type, items: Iterable[Value], what: str, path: Path) -> Type:
    if element != ANY:
        return element
    kind = unify(map(type_of, items))
    if kind is None:
        raise ConversionError(f"all {what} elements must have the same type", path)
    return kind


def _set(kind: Type, items: tuple[Value, ...]) -> Value:
    marks: frozenset[str] = frozenset()
    bare: list[Value] = []
    for item in items:
        value, found = unmark_deep(item)
        bare.append(value)
        marks |= found
    return mark(SetValue(kind, sorted_set(bare)), marks)


def _map(value: Value, element: Type, path: Path) -> Value:
    if not isinstance(value, ObjectValue | MapValue):
        raise ConversionError("map required" if element == ANY else f"{_article(MapType(element))} required", path)
    kind = _element_type(element, value.items.values(), "map", path)
    same = _PYTHONS.get(kind) if isinstance(kind, Primitive) else None
    if same is not None and {*map(type, value.items.values())} <= {same}:
        return MapValue(kind, value.items)
    return MapValue(kind, {k: v if type(v) is same else _convert(v, kind, (*path, k)) for k, v in value.items.items()})


def _object(value: Value, to: ObjectType, path: Path) -> Value:
    if not isinstance(value, ObjectValue | MapValue):
        raise ConversionError("object required", path)
    fields: Mapping[str, Value] = value.items
    missing = sorted(n for n in to.attributes if n not in fields and n not in to.optional)
    if missing:
        names = ", ".join(f'"{n}"' for n in missing)
        raise ConversionError(
            f"attribute{'s' if len(missing) > 1 else ''} {names} {'are' if len(missing) > 1 else 'is'} required", path
        )
    return ObjectValue({n: _convert(fields.get(n), t, (*path, n)) for n, t in to.attributes.items()})


def _article(to: Type) -> str:
    match to:
        case ListType(element) | SetType(element) | MapType(element):
            name = {ListType: "list", SetType: "set", MapType: "map"}[type(to)]
            return name if element == ANY else f"{name} of {type_name(element)}"
        case TupleType():
            return "tuple"
        case ObjectType():
            return "object"
        case _:
            return type_name(to)
