"""The types of results whose values have to wait for an apply: what a plan can tell already, and the mistakes it can see.

These are the type functions of cty's and Terraform's own functions; a function that is not here gives what its signature says.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from kfinfra.hcl.functions.function import FunctionError
from kfinfra.hcl.functions.numeric import whole
from kfinfra.hcl.functions.strings import match_type
from kfinfra.values.convert import type_of
from kfinfra.values.data import ListValue, MapValue, SetValue, Unknown, Value
from kfinfra.values.marks import unmark, wholly_known
from kfinfra.values.nulls import is_null
from kfinfra.values.types import (
    ANY,
    BOOL,
    NUMBER,
    STRING,
    ListType,
    MapType,
    ObjectType,
    SetType,
    TupleType,
    Type,
    type_name,
)
from kfinfra.values.unify import unify

Rule: TypeAlias = Callable[[Sequence[Value]], Type]


def _known(value: Value) -> bool:
    return not isinstance(unmark(value)[0], Unknown)


def _element(args: Sequence[Value]) -> Type:
    match type_of(args[0]):
        case ListType(element):
            return element
        case TupleType(elements) if not _known(args[1]):
            return ANY
        case TupleType(elements):
            at = whole(unmark(args[1])[0], 1)
            return elements[at % len(elements)] if elements else _bad("cannot use element function with an empty list", 0)
        case kind:
            return _bad(f"cannot read elements from {type_name(kind)}", 0)


def _bad(message: str, argument: int | None = None) -> Type:
    raise FunctionError(message, argument)


def _one(args: Sequence[Value]) -> Type:
    match type_of(args[0]):
        case ListType(element) | SetType(element):
            return element
        case TupleType(()):
            return ANY
        case TupleType((only,)):
            return only
        case _:
            return _bad("must be a list, set, or tuple value with either zero or one elements", 0)


def _keys(args: Sequence[Value]) -> Type:
    match type_of(args[0]):
        case MapType():
            return ListType(STRING)
        case ObjectType(attributes):
            return TupleType((STRING,) * len(attributes))
        case _:
            return _bad("must be a map or an object", 0)


def _values(args: Sequence[Value]) -> Type:
    match type_of(args[0]):
        case MapType(element):
            return ListType(element)
        case ObjectType(attributes):
            return TupleType(tuple(attributes[name] for name in sorted(attributes)))
        case _:
            return _bad("must be a map or an object", 0)


def _merge(args: Sequence[Value]) -> Type:
    kinds, names, complete = [type_of(a) for a in args], dict[str, Type](), True
    for at, (arg, kind) in enumerate(zip(args, kinds, strict=True)):
        match kind, unmark(arg)[0]:
            case _ if kind is ANY:
                return ANY
            case ObjectType(attributes), _:
                names.update(attributes)
            case MapType(element), MapValue(items=items):
                names.update(dict.fromkeys(items, element))
            case MapType(), _:
                complete = False
            case _:
                return _bad("arguments must be maps or objects", at)
    if all(kind == kinds[0] for kind in kinds):
        return kinds[0]
    return ObjectType(names) if complete else ANY


def _concat(args: Sequence[Value]) -> Type:
    kinds = [type_of(a) for a in args]
    if all(isinstance(kind, ListType) for kind in kinds) and (common := unify(kinds)) is not None:
        return common
    parts: list[Type] = []
    for at, (arg, kind) in enumerate(zip(args, kinds, strict=True)):
        bare = unmark(arg)[0]
        if isinstance(kind, TupleType):
            parts += kind.elements
        elif isinstance(bare, ListValue):
            parts += [bare.element] * len(bare.items)
        else:
            return ANY if isinstance(kind, ListType) else _bad("all arguments must be lists or tuples", at)
    return TupleType(tuple(parts))


def _reverse(args: Sequence[Value]) -> Type:
    match type_of(args[0]):
        case TupleType(elements):
            return TupleType(elements[::-1])
        case ListType(element) | SetType(element):
            return ListType(element)
        case kind:
            return _bad(f"can only reverse list or tuple values, not {type_name(kind)}", 0)


def _slice(args: Sequence[Value]) -> Type:
    kind, bare = type_of(args[0]), unmark(args[0])[0]
    if not isinstance(kind, ListType | TupleType):
        return _bad("must be a list or tuple value", 0)
    size = len(kind.elements) if isinstance(kind, TupleType) else len(bare.items) if isinstance(bare, ListValue) else None
    first, last = (whole(unmark(args[at])[0], at) if _known(args[at]) else None for at in (1, 2))
    for at, place, what in ((1, first, "start"), (2, last, "end")):
        if place is not None and (place < 0 or (size is not None and place > size)):
            _bad(f"{what} index must be between zero and the length of the list", at)
    if first is not None and last is not None and first > last:
        _bad("start index must not be greater than end index", 1)
    if isinstance(kind, ListType):
        return kind
    return ANY if first is None or last is None else TupleType(kind.elements[first:last])


def product_type(args: Sequence[Value]) -> Type:
    if len(args) < 2:
        return _bad("at least two arguments are required")
    parts: list[Type] = []
    for at, kind in enumerate(map(type_of, args)):
        match kind:
            case ListType(element) | SetType(element):
                parts.append(element)
            case TupleType(elements):
                common = unify(elements)
                parts.append(_bad("all elements must be of the same type", at) if common is None else common)
            case _:
                _bad("a set or a list is required", at)
    row = TupleType(tuple(parts))
    return SetType(row) if any(isinstance(type_of(a), SetType) for a in args) else ListType(row)


def _sets(args: Sequence[Value]) -> Type:
    found = [(a, type_of(a)) for a in args]
    empty = [isinstance(a, SetValue) and not a.items and a.element is ANY for a, _ in found]
    kind = unify(k.element for (_, k), none in zip(found, empty, strict=True) if isinstance(k, SetType) and not none)
    return _bad("given sets must all have compatible element types") if kind is None else SetType(kind)


def _regex(args: Sequence[Value]) -> Type:
    return match_type(args[0]) if isinstance(args[0], str) else ANY


def _zipmap(args: Sequence[Value]) -> Type:
    match type_of(args[1]):
        case ListType(element):
            return MapType(element)
        case TupleType(elements):
            keys = unmark(args[0])[0]
            if not isinstance(keys, ListValue) or not wholly_known(keys):
                return ANY
            if len(keys.items) != len(elements):
                _bad(f"number of keys ({len(keys.items)}) does not match number of values ({len(elements)})")
            if any(is_null(unmark(k)[0]) for k in keys.items):
                _bad("the list of keys has a null value", 0)
            return ObjectType({str(unmark(k)[0]): kind for k, kind in zip(keys.items, elements, strict=True)})
        case _:
            return _bad("values argument must be a list or tuple value", 1)


def _matchkeys(args: Sequence[Value]) -> Type:
    if unify(map(type_of, args[1:])) is None:
        _bad("keys and searchset must be of the same type")
    given = [a for a in args if isinstance(a, ListValue)]
    if len(given) == len(args) and len(given[0].items) != len(given[1].items):
        _bad("length of keys and values should be equal")
    return type_of(args[0])


def _jsondecode(args: Sequence[Value]) -> Type:
    """What a JSON text begins with tells its type, but for objects' and arrays' parts."""
    begin = args[0].prefix.strip()[:1] if isinstance(args[0], Unknown) else ""
    if begin and begin not in "{[n":
        kind = STRING if begin == '"' else BOOL if begin in "tf" else NUMBER if begin in "-.0123456789" else None
        return kind or _bad(f"a JSON document cannot begin with the character '{begin}'", 0)
    return ANY


def _parseint(args: Sequence[Value]) -> Type:
    kind = type_of(args[0])
    return NUMBER if kind is STRING else _bad(f"first argument must be a string, not {type_name(kind)}", 0)


TYPES: dict[str, Rule] = {
    "chunklist": lambda args: ListType(type_of(args[0])),
    "concat": _concat,
    "contains": lambda _: BOOL,
    "distinct": lambda args: type_of(args[0]),
    "element": _element,
    "index": lambda _: NUMBER,
    "jsondecode": _jsondecode,
    "keys": _keys,
    "matchkeys": _matchkeys,
    "merge": _merge,
    "one": _one,
    "parseint": _parseint,
    "regex": _regex,
    "regexall": lambda args: ListType(_regex(args)),
    "reverse": _reverse,
    "setintersection": _sets,
    "setproduct": product_type,
    "setsubtract": _sets,
    "setunion": _sets,
    "slice": _slice,
    "sum": lambda _: NUMBER,
    "values": _values,
    "zipmap": _zipmap,
}
MAY_BE_NULL = frozenset(["element", "jsondecode", "lookup", "one", "strcontains", "timeadd"])
"""Functions that give a null where they find one, or of which Terraform does not say that they never do."""
