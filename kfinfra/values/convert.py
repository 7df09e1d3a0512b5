"""Terraform's conversions between types, as cty's `convert` does them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal

from kfinfra.values.data import (
    Deferred,
    ListValue,
    MapValue,
    Marked,
    Null,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
    type_of,
)
from kfinfra.values.marks import COLLECTIONS, mark, unmark_deep, wholly_known
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
    loose,
    settled,
    type_name,
)
from kfinfra.values.unify import convertible, unify

Path = tuple[str | int, ...]
__all__ = ["ConversionError", "convert", "type_of", "unify"]


class ConversionError(ValueError):
    """A value cannot be of the type that was asked for; `path` says which part of it."""

    def __init__(self, message: str, path: Path = ()) -> None:
        self.message, self.path = message, path
        super().__init__(message)


_NAMES: dict[type, str] = {str: "string", bool: "bool", int: "number", Decimal: "number"}
"""The types that values of Python's own types have already: most conversions are to these, and change nothing."""


_PYTHONS: dict[Type, type] = {STRING: str, BOOL: bool, NUMBER: int}


def convert(value: Value, to: Type) -> Value:
    """`value` as a value of type `to`. Raises ConversionError(message, path)."""
    if isinstance(to, Primitive) and _NAMES.get(type(value)) == to.name:
        return value
    return _convert(value, to, ())


_ORDINARY = COLLECTIONS | {str, int, bool, Decimal}
"""Values that are neither marked nor null nor unknown themselves."""


def _convert(value: Value, to: Type, path: Path) -> Value:
    if type(value) not in _ORDINARY:
        if isinstance(value, Marked):
            return mark(_convert(value.value, to, path), value.marks)
        if to is ANY:
            return value
        if value is None:
            return Null(settled(to))
        if isinstance(value, Null):
            return _null(value, to, path)
        if isinstance(value, Unknown):
            return _unknown(value, to, path)
    if to is ANY:
        return value
    match to:
        case Primitive():
            return _primitive(value, to, path)
        case ListType(element):
            kind, items = _elements(value, element, to, path)
            if isinstance(value, SetValue) and len(items) > 1 and not all(map(wholly_known, items)):
                return Unknown(ListType(kind), not_null=True)  # some of them may turn out to be the same
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
    if not convertible(have, to):
        raise ConversionError(f"{_article(to)} required", path)
    kind = settled(_filled(have, to) if loose(to) else to)
    if isinstance(value, Deferred):
        return replace(value, type=kind)
    if to is STRING:
        return Unknown(to, value.not_null)
    sized = isinstance(to, ListType | MapType) and not isinstance(have, SetType)
    return replace(value, type=kind) if sized else Unknown(kind, value.not_null)


def _null(value: Null, to: Type, path: Path) -> Value:
    if value.type == to:
        return value
    if not convertible(value.type, to):
        raise ConversionError(f"{_article(to)} required", path)
    return Null(settled(_filled(value.type, to)))


def _filled(have: Type, to: Type) -> Type:
    """`to` with what `have` tells in place of `any` (cty's dynamicReplace)."""
    match have, to:
        case _ if have is ANY or to is ANY:
            return to if have is ANY else have
        case _, ListType(element):
            return ListType(_filled(_inside(have), element))
        case _, SetType(element):
            return SetType(_filled(_inside(have), element))
        case _, MapType(element):
            return MapType(_filled(_inside(have), element))
        case TupleType(parts), TupleType(wanted):
            return TupleType(tuple(map(_filled, parts, wanted)))
        case ObjectType(attributes), ObjectType(wanted, optional):
            return ObjectType({n: _filled(attributes.get(n, ANY), t) for n, t in wanted.items()}, optional)
        case MapType(inner), ObjectType(wanted, optional):
            return ObjectType({n: _filled(inner, t) for n, t in wanted.items()}, optional)
        case _:
            return to


def _inside(kind: Type) -> Type:
    """The one type of the elements of a collection, a tuple or an object; `any` where there is none."""
    match kind:
        case ListType(element) | SetType(element) | MapType(element):
            return element
        case TupleType(parts):
            return unify(parts) or ANY
        case ObjectType(attributes):
            return unify(attributes.values()) or ANY
        case _:
            return ANY


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
    if element is ANY and not isinstance(value, TupleValue):
        return value.element, value.items
    what = "set" if isinstance(to, SetType) else "list"
    kind = _element_type(element, value.items, what, path)
    if isinstance(kind, Primitive) and (same := _PYTHONS.get(kind)):
        return kind, tuple([v if type(v) is same else _convert(v, kind, (*path, i)) for i, v in enumerate(value.items)])
    if kind is ANY and any(type_of(v) is not ANY for v in value.items):
        raise ConversionError(f"all {what} elements must have the same type", path)
    items = tuple(_convert(v, kind, (*path, i)) for i, v in enumerate(value.items))
    kind = settled(kind)
    if items and loose(kind):
        kind, items = _settled(items, isinstance(value, TupleValue) and what == "list", what, path)
    return kind, items


def _element_type(element: Type, items: Iterable[Value], what: str, path: Path) -> Type:
    if element is not ANY:
        return element
    kind = unify(map(type_of, items))
    if kind is None:
        raise ConversionError(f"all {what} elements must have the same type", path)
    return kind


def _settled(items: tuple[Value, ...], unified: bool, what: str, path: Path) -> tuple[Type, tuple[Value, ...]]:
    """The element type that elements have once they are converted to a type with `any` in it, and the elements of it.

    Of a tuple's elements that become a list one is looked for; others must have one already.
    """
    if unified:
        kind = unify(map(type_of, items))
        if kind is None:
            raise ConversionError("cannot find a common base type for all elements", path)
        items = tuple(_convert(v, kind, (*path, i)) for i, v in enumerate(items))
    kinds = [k for k in map(type_of, items) if k is not ANY]
    if any(k != kinds[0] for k in kinds):
        raise ConversionError(f"element types must all match for conversion to {what}", path)
    return (kinds[0] if kinds else ANY), items


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
        raise ConversionError("map required" if element is ANY else f"{_article(MapType(element))} required", path)
    if element is ANY and isinstance(value, MapValue):
        return value
    kind = _element_type(element, value.items.values(), "map", path)
    same = _PYTHONS.get(kind) if isinstance(kind, Primitive) else None
    if same is not None:
        if {*map(type, value.items.values())} <= {same}:
            return MapValue(kind, value.items)
        return MapValue(kind, {k: v if type(v) is same else _convert(v, kind, (*path, k)) for k, v in value.items.items()})
    made = {k: _convert(v, kind, (*path, k)) for k, v in value.items.items()}
    kind = settled(kind)
    if made and loose(kind):
        kind, items = _settled(tuple(made.values()), not isinstance(kind, Primitive | TupleType), "map", path)
        made = dict(zip(made, items, strict=True))
    return MapValue(kind, made)


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
