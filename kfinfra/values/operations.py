"""Equality and order of values: what `==`, sets and `distinct` go by."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from kfinfra.values.data import ListValue, MapValue, Marked, Null, ObjectValue, SetValue, TupleValue, Unknown, Value, type_of
from kfinfra.values.render import quote
from kfinfra.values.types import ANY, ListType, MapType, ObjectType, SetType, TupleType, Type, loose


def equal(left: Value, right: Value) -> bool | None:
    """Whether two values are equal: same type, same content. None when that is not known yet. Marks play no part."""
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
        case TupleValue(a), TupleValue(b):
            return _sequence(left, right, a, b)
        case (ListValue(x, a), ListValue(y, b)) | (SetValue(x, a), SetValue(y, b)):
            return _sequence(left, right, a, b) if x == y else False
        case ObjectValue(c), ObjectValue(d):
            return _fields(c, d)
        case MapValue(x, c), MapValue(y, d):
            return _fields(c, d) if x == y else False
        case _:
            return isinstance(left, Null | None) and isinstance(right, Null | None)


def _sequence(left: Value, right: Value, a: Sequence[Value], b: Sequence[Value]) -> bool | None:
    """The first pair that is not equal, or not known to be, decides, unless types alone tell the two apart."""
    if len(a) != len(b):
        return False
    for x, y in zip(a, b, strict=True):
        same = _part(x, y)
        if same is None:
            return None if _may_be_equal(left, right) else False
        if not same:
            return False
    return True


def _fields(c: Mapping[str, Value], d: Mapping[str, Value]) -> bool | None:
    if c.keys() != d.keys():
        return False
    found = {_part(value, d[name]) for name, value in c.items()}
    return False if False in found else None if None in found else True


def _part(left: Value, right: Value) -> bool | None:
    """Whether parts are equal: nulls are where they are of one type, since the wholes are of two where they are not."""
    same = equal(left, right)
    if same and isinstance(left, Null | None):
        return type_of(left) == type_of(right)
    return same


def _may_be_equal(left: Value, right: Value) -> bool:
    """Whether the types of two values may turn out to be the same; a bare null has the type that it has."""
    if _vague(left) or _vague(right):
        return _may_be_one(type_of(left), type_of(right))
    return type_of(left) == type_of(right)


def _vague(value: Value) -> bool:
    """Whether not even the type of some part is known."""
    match value:
        case Marked(inner):
            return _vague(inner)
        case Unknown(kind):
            return loose(kind)
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items):
            return any(map(_vague, items))
        case ObjectValue(fields) | MapValue(_, fields):
            return any(map(_vague, fields.values()))
        case _:
            return False


def _unknown(left: Value, right: Value) -> bool | None:
    if isinstance(left, Unknown) and isinstance(right, Unknown):
        return None  # both may be null, and nulls are equal
    one, known = (left, right) if isinstance(left, Unknown) else (right, left)
    assert isinstance(one, Unknown)
    if isinstance(known, Null | None):
        return False if one.not_null else None
    if isinstance(known, str) and not known.startswith(one.prefix):
        return False
    same = _may_be_one(one.type, type_of(known)) if loose(one.type) else one.type == type_of(known)
    return None if same else False


def _may_be_one(a: Type, b: Type) -> bool:
    """Whether two types may turn out to be the same: `any` may become any type."""
    match a, b:
        case _ if a is ANY or b is ANY:
            return True
        case (ListType(x), ListType(y)) | (SetType(x), SetType(y)) | (MapType(x), MapType(y)):
            return _may_be_one(x, y)
        case TupleType(xs), TupleType(ys):
            return len(xs) == len(ys) and all(map(_may_be_one, xs, ys))
        case ObjectType(c), ObjectType(d):
            return c.keys() == d.keys() and all(_may_be_one(kind, d[name]) for name, kind in c.items())
        case _:
            return a == b


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
    """`items` without repetitions in a set's order: bools, numbers, strings by code point, the rest; unknowns and nulls last."""
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
            return 4, 0, ""
        case None | Null():
            return 5, 0, ""
        case _:
            return 3, 0, _written(value)


def _written(value: Value) -> str:
    """A text that stands for a value: sets of collections and objects are in the order of these, as cty's are."""
    match value:
        case Marked(inner):
            return _written(inner)
        case None | Null():
            return "~"
        case Unknown():
            return "?"
        case bool():
            return "T" if value else "F"
        case int() | Decimal():
            return _digits(value)
        case str():
            return quote(value)
        case ListValue(_, items) | SetValue(_, items):
            return "[" + "".join(f"{_written(v)};" for v in items) + "]"
        case TupleValue(items):
            return "<" + "".join(f"{_written(v)};" for v in items) + ">"
        case ObjectValue(fields):
            return "<" + "".join(f"{_written(fields[k])};" for k in sorted(fields)) + ">"
        case MapValue(_, fields):
            return "{" + "".join(f"{quote(k)}:{_written(fields[k])};" for k in sorted(fields)) + "}"


def _digits(value: int | Decimal) -> str:
    """Ten digits of a number, as Go's `%.10g` writes it."""
    try:
        return f"{float(value):.10g}"
    except OverflowError:
        return f"{Decimal(value):.9e}"
