"""One type for several: what a list's elements or a conditional's branches are converted to, and which types convert to which.

The order of preference and the part that `any` (a bare null, a value of unknown type) plays are those of cty's `convert.Unify`
in its unsafe mode, which Terraform uses throughout: beside collections, objects and tuples `any` makes all of it `any`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

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
    """The type that values of all `types` convert to, or None; `any` for no types at all."""
    kinds = list(types)
    return _common(kinds) if kinds else ANY


def _common(kinds: Sequence[Type]) -> Type | None:
    if not kinds:
        return None
    if all(k == kinds[0] for k in kinds):
        return kinds[0]
    if ANY not in kinds and all(isinstance(k, Primitive) for k in kinds):
        return STRING if STRING in kinds else None
    found = {type(k) for k in kinds if k is not ANY}
    loose = ANY in kinds
    if found == {ObjectType, MapType} and (made := _with_parts(kinds, ObjectType, _as_map)):
        return made
    if found == {TupleType, ListType} and (made := _with_parts(kinds, TupleType, _as_list)):
        return made
    if len(found) == 1 and (rule := _ALIKE.get(*found)) is not None:
        return ANY if loose else rule(kinds)
    return None if {ObjectType, TupleType} <= found else _preferred(kinds)


def _with_parts(kinds: Sequence[Type], structure: type, gathered: Callable[[Sequence[Type]], Type | None]) -> Type | None:
    """The common type once the objects among `kinds` are one map, or the tuples one list; None where they are none."""
    one = gathered([k for k in kinds if isinstance(k, structure)])
    made = _common([one if isinstance(k, structure) else k for k in kinds]) if one else None
    return None if made is ANY else made


def _collections(kinds: Sequence[Type]) -> Type | None:
    element = _common([k.element for k in kinds if isinstance(k, ListType | SetType | MapType)])
    make = type(kinds[0])
    return None if element is None or not issubclass(make, ListType | SetType | MapType) else make(element)


def _objects(kinds: Sequence[Type]) -> Type | None:
    objects = [k for k in kinds if isinstance(k, ObjectType)]
    names = objects[0].attributes
    if any(o.attributes.keys() != names.keys() for o in objects):
        return _as_map(kinds)
    fields = {name: _common([o.attributes[name] for o in objects]) for name in names}
    known = {name: kind for name, kind in fields.items() if kind is not None}
    return ObjectType(known) if len(known) == len(fields) else None


def _tuples(kinds: Sequence[Type]) -> Type | None:
    rows = [k.elements for k in kinds if isinstance(k, TupleType)]
    if len(set(map(len, rows))) > 1:
        return _as_list(kinds)
    each = [_common(column) for column in zip(*rows, strict=True)]
    known = tuple(kind for kind in each if kind is not None)
    return TupleType(known) if len(known) == len(each) else None


def _as_map(kinds: Sequence[Type]) -> Type | None:
    element = _common([t for k in kinds if isinstance(k, ObjectType) for t in k.attributes.values()])
    return _if_all_convert(kinds, None if element is None else MapType(element))


def _as_list(kinds: Sequence[Type]) -> Type | None:
    element = _common([e for k in kinds if isinstance(k, TupleType) for e in k.elements])
    return _if_all_convert(kinds, None if element is None else ListType(element))


def _if_all_convert(kinds: Sequence[Type], to: Type | None) -> Type | None:
    return to if to is not None and all(convertible(k, to) for k in kinds) else None


_ALIKE: dict[type, Callable[[Sequence[Type]], Type | None]] = {
    ListType: _collections,
    SetType: _collections,
    MapType: _collections,
    ObjectType: _objects,
    TupleType: _tuples,
}


def _preferred(kinds: Sequence[Type]) -> Type | None:
    """The first of `kinds`, the more general ones before the others, that all of them convert to."""
    after: dict[int, list[int]] = {at: [] for at in range(len(kinds))}
    waits = [0] * len(kinds)
    for i, j in combinations(range(len(kinds)), 2):
        order = _compare(kinds[i], kinds[j])
        if order:
            first, second = (i, j) if order < 0 else (j, i)
            after[first].append(second)
            waits[second] += 1
    queue = [at for at, count in enumerate(waits) if not count]
    for at in queue:
        if all(convertible(k, kinds[at]) for k in kinds):
            return kinds[at]
        for later in after[at]:
            waits[later] -= 1
            if not waits[later]:
                queue.append(later)
    return None


_RANK: dict[type, tuple[str, int]] = {
    ListType: ("sequence", 0),
    TupleType: ("sequence", 1),
    SetType: ("sequence", 2),
    MapType: ("named", 0),
    ObjectType: ("named", 1),
}


def _compare(a: Type, b: Type) -> int:
    """Below 0 where `a` is more general than `b`, above where `b` is; 0 where neither is."""
    match a, b:
        case _ if a is ANY or b is ANY:
            return (a is ANY) - (b is ANY)
        case Primitive(), Primitive():
            return (b is STRING) - (a is STRING)
        case (ListType(x), ListType(y)) | (SetType(x), SetType(y)) | (MapType(x), MapType(y)):
            return _compare(x, y)
        case TupleType(xs), TupleType(ys):
            return _overall(zip(xs, ys, strict=True)) if len(xs) == len(ys) else 0
        case ObjectType(xa), ObjectType(ya):
            return _overall((xa[n], ya[n]) for n in xa) if xa.keys() == ya.keys() else 0
        case _:
            (kind, first), (other, second) = _RANK.get(type(a), ("", 0)), _RANK.get(type(b), (" ", 0))
            return (first > second) - (first < second) if kind == other else 0


def _overall(pairs: Iterable[tuple[Type, Type]]) -> int:
    orders = {_compare(x, y) for x, y in pairs} - {0}
    return orders.pop() if len(orders) == 1 else 0


def convertible(have: Type, want: Type) -> bool:
    """Whether values of type `have` may be converted to `want`, as far as types tell: a text may turn out to be no number."""
    match have, want:
        case _ if have is want or want is ANY or have is ANY:
            return True
        case Primitive(), Primitive():
            return STRING in (have, want)
        case (ListType(x) | SetType(x), ListType(y) | SetType(y)) | (MapType(x), MapType(y)):
            return convertible(x, y)
        case TupleType(parts), ListType(element) | SetType(element):
            return _parts_convert(parts, element, loose=False)
        case ObjectType(attributes), MapType(element):
            return _parts_convert(tuple(attributes.values()), element, loose=True)
        case TupleType(xs), TupleType(ys):
            return len(xs) == len(ys) and all(map(convertible, xs, ys))
        case ObjectType(given), ObjectType(wanted, optional):
            return all(convertible(given[n], t) if n in given else n in optional for n, t in wanted.items())
        case MapType(element), ObjectType(wanted, optional):
            return all(n in optional or convertible(element, t) for n, t in wanted.items())
        case _:
            return False


def _parts_convert(parts: Sequence[Type], element: Type, loose: bool) -> bool:
    """Whether a tuple's or an object's parts can be elements; elements of `any` must have a type in common that is one."""
    to = _common(parts) if element is ANY else element
    if not parts:
        return True
    if to is None or (to is ANY and not loose and any(p is not ANY for p in parts)):
        return False
    return all(convertible(p, to) for p in parts)
