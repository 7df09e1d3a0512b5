"""Equality and order of values: what `==`, sets and `distinct` go by."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from kfinfra.values.data import ListValue, MapValue, Marked, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.types import Primitive


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values are equal: same kind, same content. None when that is not known yet. Marks play no part."""
    if isinstance(left, Marked):
        return equal(left.value, right)
    if isinstance(right, Marked):
        return equal(left, right.value)
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return _unknown(left, right)
    match left, right:
        case (bool(), bool()) | (str(), str()):
            return left == right
        case (bool(), _) | (_, bool()):
            return False
        case int() | Decimal(), int() | Decimal():
            return left == right
        case (TupleValue(a), TupleValue(b)) | (ListValue(_, a), ListValue(_, b)) | (SetValue(_, a), SetValue(_, b)):
            return _all(equal(x, y) for x, y in zip(a, b, strict=True)) if len(a) == len(b) else False
        case (ObjectValue(c), ObjectValue(d)) | (MapValue(_, c), MapValue(_, d)):
            return _all(equal(v, d[k]) for k, v in c.items()) if set(c) == set(d) else False
        case _:
            return left is None and right is None


def _unknown(left: Value, right: Value) -> bool | None:
    kinds = [_primitive(v) for v in (left, right)]
    if None not in kinds and kinds[0] != kinds[1]:
        return False
    for one, other in ((left, right), (right, left)):
        if isinstance(one, Unknown) and one.not_null and other is None:
            return False
        if isinstance(one, Unknown) and one.prefix and isinstance(other, str) and not other.startswith(one.prefix):
            return False
    return None


def _primitive(value: Value) -> str | None:
    """The name of a value's type as far as equality goes by it; None where that is not known, or a null has none."""
    match value:
        case Unknown(Primitive(name)):
            return None if name == "any" else name
        case bool():
            return "bool"
        case int() | Decimal():
            return "number"
        case str():
            return "string"
        case None:
            return None
        case _:
            return "collection"


def _all(results: Iterable[bool | None]) -> bool | None:
    found = list(results)
    if False in found:
        return False
    return None if None in found else True


def unique(items: Iterable[Value]) -> list[Value]:
    """`items` without repetitions, the first of each kept; unknown items are all kept."""
    out: list[Value] = []
    seen: set[object] = set()
    for item in items:
        if isinstance(item, str):
            if item in seen:
                continue
            seen.add(item)
        elif any(equal(item, other) is True for other in out):
            continue
        out.append(item)
    return out


def sorted_set(items: Iterable[Value]) -> tuple[Value, ...]:
    """`items` without repetitions in a set's order: bools, numbers, strings by code point, the rest, unknowns last."""
    return tuple(sorted(unique(items), key=_order))


def _order(value: Value) -> tuple[int, int | Decimal, str]:
    match value:
        case bool():
            return 0, int(value), ""
        case int() | Decimal():
            return 1, value, ""
        case str():
            return 2, 0, value
        case Unknown():
            return 5, 0, ""
        case None:
            return 4, 0, ""
        case _:
            return 3, 0, repr(value)
