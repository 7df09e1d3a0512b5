"""Functions of lists, maps and objects."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NoReturn

from kfinfra.hcl.functions.function import FunctionError, Implementation, fitted
from kfinfra.hcl.functions.numeric import whole
from kfinfra.values.convert import ConversionError, convert, type_of
from kfinfra.values.data import ListValue, MapValue, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import mark, unmark, unmark_deep, wholly_known
from kfinfra.values.nulls import is_null
from kfinfra.values.operations import equal, unique
from kfinfra.values.texts import graphemes
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, MapType, ObjectType, Primitive, SetType, TupleType, Type
from kfinfra.values.unify import unify


def sequence(value: Value, argument: int = 0, what: str = "argument must be list, set or tuple") -> tuple[Value, ...]:
    """The items of a list, set or tuple. Raises FunctionError."""
    if not isinstance(value, TupleValue | ListValue | SetValue):
        raise FunctionError(what, argument)
    return value.items


def _fields(value: Value, argument: int = 0) -> dict[str, Value]:
    if not isinstance(value, ObjectValue | MapValue):
        raise FunctionError("must be a map or an object", argument)
    return {k: value.items[k] for k in sorted(value.items)}


def _length(value: Value) -> Value:
    bare, marks = unmark(value)
    match bare:
        case str():
            return mark(len(graphemes(bare)), marks)
        case TupleValue(items) | ListValue(_, items):
            return mark(len(items), marks)
        case SetValue(_, items):
            unsure = len(items) > 1 and any(isinstance(i, Unknown) for i in items)
            return mark(Unknown(NUMBER, not_null=True) if unsure else len(items), marks)
        case ObjectValue(fields) | MapValue(_, fields):
            return mark(len(fields), marks)
        case Unknown(TupleType(elements)):
            return mark(len(elements), marks)
        case Unknown(ObjectType(attributes)):
            return mark(len(attributes), marks)
        case Unknown(kind) if kind not in (NUMBER, BOOL):
            return mark(Unknown(NUMBER, not_null=True), marks)
        case _:
            raise FunctionError("argument must be a string, a collection type, or a structural type", 0)


def _concat(*lists: Value) -> Value:
    if not lists:
        raise FunctionError("at least one argument is required")
    items: list[Value] = []
    for at, one in enumerate(lists):
        if isinstance(one, SetValue) or not isinstance(one, TupleValue | ListValue):
            raise FunctionError("all arguments must be lists or tuples", at)
        items += one.items
    if all(isinstance(one, ListValue) for one in lists):
        kind = unify(one.element for one in lists if isinstance(one, ListValue))
        if kind is not None:
            return ListValue(kind, tuple(fitted(i, kind) for i in items))
    return TupleValue(tuple(items))


def _flatten(value: Value) -> Value:
    items = sequence(value, 0, "can only flatten lists, sets and tuples")
    out: list[Value] = []
    marks: set[str] = set()
    known = not _unsized(value) and _flat(items, out, marks)
    return mark(TupleValue(tuple(out)) if known else Unknown(not_null=True), frozenset(marks))


def _unsized(value: Value) -> bool:
    """Whether a set may turn out to have fewer elements than it has now."""
    return isinstance(value, SetValue) and len(value.items) > 1 and not wholly_known(value)


def _flat(items: Iterable[Value], out: list[Value], marks: set[str]) -> bool:
    for given in items:
        item, found = unmark(given)
        if isinstance(item, TupleValue | ListValue | SetValue):
            marks |= found
            if _unsized(item) or not _flat(item.items, out, marks):
                return False
        elif isinstance(item, Unknown) and (item.type is ANY or isinstance(item.type, ListType | SetType | TupleType)):
            return False
        else:
            out.append(given)
    return True


def _keys(value: Value) -> Value:
    match value:
        case Unknown(ObjectType(attributes)):
            return TupleValue(tuple(sorted(attributes)))
        case Unknown(kind) if kind is not ANY:
            return Unknown(ListType(STRING), not_null=True) if isinstance(kind, MapType) else _not_map(0)
        case Unknown():
            return value
    names = tuple(_fields(value))
    return ListValue(STRING, names) if isinstance(value, MapValue) else TupleValue(names)


def _values(value: Value) -> Value:
    items = tuple(_fields(value).values())
    return ListValue(value.element, items) if isinstance(value, MapValue) else TupleValue(items)


def _element(value: Value, at: Value) -> Value:
    items = sequence(value, 0, "cannot read elements from this value: a list is required")
    place = whole(at, 1)
    if isinstance(value, SetValue):
        raise FunctionError("cannot read elements from a set", 0)
    if not items:
        raise FunctionError("cannot use element function with an empty list", 0)
    if place < 0 and isinstance(value, TupleValue) and place % len(items):
        raise FunctionError("cannot use element function with a negative index on a tuple", 1)
    return items[place % len(items)]


def _lookup(value: Value, key: Value, *default: Value) -> Value:
    if len(default) > 1:
        raise FunctionError("lookup() takes two or three arguments")
    (value, first), (key, second) = unmark(value), unmark(key)
    return mark(_found(value, key, *default), first | second)


def _found(value: Value, key: Value, *default: Value) -> Value:
    """What is found, or the default with its own marks."""
    kind = type_of(value)
    if isinstance(value, Unknown) or not isinstance(key, str):
        if default and isinstance(kind, MapType):
            _fitting(default[0], kind.element)
        return Unknown(_found_type(value, key, default))
    fields = _fields(value)
    otherwise = default[0] if default else None
    if default and isinstance(kind, MapType):
        otherwise = _fitting(otherwise, kind.element)
    if key not in fields and not default:
        raise FunctionError(f'the given object has no attribute "{key}"', 0)
    return fields.get(key, otherwise)


def _fitting(default: Value, kind: Type) -> Value:
    try:
        return convert(default, kind)
    except ConversionError as bad:
        raise FunctionError("the default value must have the same type as the map elements", 2) from bad


def _found_type(value: Value, key: Value, default: tuple[Value, ...]) -> Type:
    """The type of what is looked up in something unknown. Raises FunctionError where it cannot be there."""
    match type_of(value):
        case MapType(element):
            return element
        case ObjectType(attributes) if isinstance(key, str) and key in attributes:
            return attributes[key]
        case ObjectType() if isinstance(key, str) and not default:
            raise FunctionError(f'the given object has no attribute "{key}"', 0)
        case ObjectType() if isinstance(key, str):
            return type_of(default[0])
        case ObjectType() | Primitive("any"):
            return ANY
        case _:
            raise FunctionError("must be a map or an object", 0)


def _merge(*maps: Value) -> Value:
    fields: dict[str, Value] = {}
    kinds = [type_of(m) for m in maps]
    for at, (one, kind) in enumerate(zip(maps, kinds, strict=True)):
        if isinstance(one, ObjectValue | MapValue):
            fields.update(_fields(one, at))
        elif kind is not ANY and not isinstance(kind, ObjectType | MapType):
            _not_map(at)
    if kinds and isinstance(kinds[0], MapType) and all(kind == kinds[0] for kind in kinds):
        return MapValue(kinds[0].element, fields)
    return ObjectValue(fields)


def _not_map(at: int) -> NoReturn:
    raise FunctionError("arguments must be maps or objects", at)


def _zipmap(keys: ListValue, values: Value) -> Value:
    if isinstance(values, SetValue):
        raise FunctionError("values argument must be a list or tuple value", 1)
    items = sequence(values, 1, "values argument must be a list or tuple value")
    names, marks = unmark_deep(TupleValue(keys.items))
    assert isinstance(names, TupleValue)
    if not wholly_known(names):
        return mark(Unknown(MapType(values.element)) if isinstance(values, ListValue) else Unknown(), marks)
    if len(items) != len(keys.items):
        raise FunctionError(f"number of keys ({len(keys.items)}) does not match number of values ({len(items)})")
    if any(map(is_null, names.items)):
        raise FunctionError("the list of keys has a null value", 0)
    made = {str(k): v for k, v in zip(names.items, items, strict=True)}
    return mark(MapValue(values.element, made) if isinstance(values, ListValue) else ObjectValue(made), marks)


def _slice(value: Value, start: Value, end: Value) -> Value:
    if isinstance(value, SetValue):
        raise FunctionError("cannot slice a set, because its elements do not have indices", 0)
    items, first, last = sequence(value), whole(start, 1), whole(end, 2)
    if first < 0 or first > len(items):
        raise FunctionError("start index must be between zero and the length of the list", 1)
    if last < 0 or last > len(items):
        raise FunctionError("end index must be between zero and the length of the list", 2)
    if first > last:
        raise FunctionError("start index must not be greater than end index", 1)
    return ListValue(value.element, items[first:last]) if isinstance(value, ListValue) else TupleValue(items[first:last])


def _reverse(value: Value) -> Value:
    items = sequence(value)[::-1]
    return TupleValue(items) if isinstance(value, TupleValue) else ListValue(_kind(value), items)


def _kind(value: Value) -> Type:
    kind = type_of(value)
    return getattr(kind, "element", STRING)


def _chunklist(value: ListValue, size: Value) -> Value:
    step = whole(size, 1)
    if step < 0:
        raise FunctionError("the size argument must be positive", 1)
    step = step or max(len(value.items), 1)
    parts = (value.items[at : at + step] for at in range(0, len(value.items), step))
    return ListValue(ListType(value.element), tuple(ListValue(value.element, part) for part in parts))


def _coalesce(*values: Value) -> Value:
    kind = unify(map(type_of, values))
    if kind is None:
        raise FunctionError("all arguments must have the same type")
    for value in values:
        if isinstance(value, Unknown):
            return Unknown(kind, not_null=kind is not ANY)
        found = _as(value, kind)
        if not is_null(found) and (found != "" or kind is not STRING):
            return found
    raise FunctionError("no non-null, non-empty-string arguments")


def _as(value: Value, kind: Type) -> Value:
    try:
        return convert(value, kind)
    except ConversionError as bad:
        raise FunctionError(f"the arguments have no common type: {bad.message}") from bad


def _coalescelist(*values: Value) -> Value:
    for at, value in enumerate(values):
        if isinstance(value, Unknown):
            break
        if not isinstance(type_of(value), TupleType | ListType):
            raise FunctionError("coalescelist arguments must be lists or tuples", at)
    for value in values:
        if isinstance(value, Unknown):
            return Unknown()
        if isinstance(value, TupleValue | ListValue) and value.items:
            return value
    raise FunctionError("no non-null arguments")


def _contains(value: Value, wanted: Value) -> Value:
    found = {equal(item, wanted) for item in sequence(value)}
    return True if True in found else Unknown(BOOL, not_null=True) if None in found else False


def _index(value: Value, wanted: Value) -> Value:
    items = sequence(value, 0, "argument must be a list or tuple")
    if not items:
        raise FunctionError("cannot search an empty list")
    for at, item in enumerate(items):
        same = equal(item, wanted)
        if same is None:
            return Unknown(NUMBER, not_null=True)
        if same:
            return at
    raise FunctionError("item not found")


def _one(value: Value) -> Value:
    items = sequence(value, 0, "must be a list, set, or tuple value with either zero or one elements")
    if isinstance(value, SetValue) and _unsized(value):
        return Unknown(value.element)
    if len(items) > 1:
        raise FunctionError("must be a list, set, or tuple value with either zero or one elements", 0)
    return items[0] if items else convert(None, _kind(value)) if isinstance(value, ListValue | SetValue) else None


def _matchkeys(values: ListValue, keys: ListValue, wanted: ListValue) -> Value:
    if len(values.items) != len(keys.items):
        raise FunctionError("length of keys and values should be equal")
    kind = unify((keys.element, wanted.element))
    if kind is None:
        raise FunctionError("keys and searchset must be of the same type")
    sought = [fitted(w, kind, 2) for w in wanted.items]
    pairs = zip(values.items, keys.items, strict=True)
    return ListValue(values.element, tuple(v for v, k in pairs if any(equal(fitted(k, kind, 1), s) is True for s in sought)))


def _transpose(value: MapValue) -> Value:
    out: dict[str, list[Value]] = {}
    for key in sorted(value.items):
        for item in sequence(value.items[key]):
            if is_null(item):
                raise FunctionError("input must not contain null strings", 0)
            out.setdefault(str(item), []).append(key)
    return MapValue(ListType(STRING), {k: ListValue(STRING, tuple(v)) for k, v in out.items()})


def _all_are_true(value: ListValue) -> Value:
    for item in value.items:  # in their order: what stands behind one that is not known is not looked at, as in Terraform
        if isinstance(item, Unknown):
            return Unknown(BOOL, not_null=True)
        if item is not True:
            return False
    return True


def _any_is_true(value: ListValue) -> Value:
    if any(item is True for item in value.items):
        return True
    return Unknown(BOOL, not_null=True) if any(isinstance(i, Unknown) for i in value.items) else False


def _sort(value: ListValue) -> Value:
    if not wholly_known(value):
        return ListValue(STRING, (Unknown(STRING),) * len(value.items))
    if any(map(is_null, value.items)):
        raise FunctionError("given list element is null; a null string cannot be sorted", 0)
    return ListValue(STRING, tuple(sorted(map(str, value.items))))


FUNCTIONS: dict[str, Implementation] = {
    "alltrue": _all_are_true,
    "anytrue": _any_is_true,
    "chunklist": _chunklist,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "compact": lambda v: ListValue(STRING, tuple(i for i in v.items if not is_null(i) and i != "")),
    "concat": _concat,
    "contains": _contains,
    "distinct": lambda v: ListValue(v.element, tuple(unique(v.items))),
    "element": _element,
    "flatten": _flatten,
    "index": _index,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "matchkeys": _matchkeys,
    "merge": _merge,
    "one": _one,
    "reverse": _reverse,
    "slice": _slice,
    "sort": _sort,
    "transpose": _transpose,
    "values": _values,
    "zipmap": _zipmap,
}
