"""One type for several: what a list's elements or a conditional's branches are converted to (cty's `convert.Unify`)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kfinfra.values.types import (
    ANY,
    STRING,
    ListType,
    MapType,
    ObjectType,
    Primitive,
    SetType,
    TupleType,
    Type,
)


def unify(types: Iterable[Type]) -> Type | None:
    """The type that values of all `types` convert to, or None. `any` (a null, an unknown) goes along with the others."""
    kinds = [t for t in types if t != ANY]
    if not kinds:
        return ANY
    if all(k == kinds[0] for k in kinds):
        return kinds[0]
    if all(isinstance(k, Primitive) for k in kinds):
        return STRING if STRING in kinds else None
    if all(isinstance(k, ObjectType | MapType) for k in kinds):
        return _named(kinds)
    if all(isinstance(k, TupleType | ListType | SetType) for k in kinds):
        return _sequence(kinds)
    return None


def _named(kinds: Sequence[Type]) -> Type | None:
    objects = [k for k in kinds if isinstance(k, ObjectType)]
    if len(objects) == len(kinds) and all(set(o.attributes) == set(objects[0].attributes) for o in objects):
        fields = {name: unify(o.attributes[name] for o in objects) for name in objects[0].attributes}
        known = {name: kind for name, kind in fields.items() if kind is not None}
        return ObjectType(known) if len(known) == len(fields) else None
    parts: list[Type] = [t for o in objects for t in o.attributes.values()]
    element = unify(parts + [k.element for k in kinds if isinstance(k, MapType)])
    if element is None and ANY in parts:
        return MapType(ANY)  # a bare null among them: each value decides for itself
    return None if element is None else MapType(element)


def _sequence(kinds: Sequence[Type]) -> Type | None:
    tuples = [k for k in kinds if isinstance(k, TupleType)]
    if len(tuples) == len(kinds) and len({len(t.elements) for t in tuples}) == 1:
        each = [unify(column) for column in zip(*(t.elements for t in tuples), strict=True)]
        known = [kind for kind in each if kind is not None]
        return TupleType(tuple(known)) if len(known) == len(each) else None
    parts: list[Type] = [e for t in tuples for e in t.elements]
    element = unify(parts + [k.element for k in kinds if isinstance(k, ListType | SetType)])
    if element is None and ANY not in parts:
        return None
    element = element or ANY
    sets = [k for k in kinds if isinstance(k, SetType)]
    return SetType(element) if sets and not any(isinstance(k, ListType) for k in kinds) else ListType(element)
