"""Functions of sets."""

from __future__ import annotations

from itertools import product

from kfinfra.hcl.functions.function import FunctionError, Implementation, fitted
from kfinfra.hcl.functions.results import product_type
from kfinfra.values.convert import convert, type_of
from kfinfra.values.data import ListValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import mark, unmark_deep
from kfinfra.values.operations import equal, sorted_set
from kfinfra.values.types import ANY, ListType, SetType, TupleType, Type
from kfinfra.values.unify import unify


def _common(sets: tuple[SetValue, ...]) -> tuple[Type, list[tuple[Value, ...]]]:
    kind = unify(s.element for s in sets if s.items or s.element != ANY)
    if kind is None:
        raise FunctionError("given sets must all have compatible element types")
    made = [one for at, s in enumerate(sets) if isinstance(one := fitted(s, SetType(kind), at), SetValue)]
    if any(one.element != made[0].element for one in made):
        raise FunctionError("given sets must all have compatible element types")
    return kind, [one.items for one in made]


def _has(items: tuple[Value, ...], value: Value) -> bool:
    return any(equal(value, i) is True for i in items)


def _union(*sets: SetValue) -> Value:
    kind, all_items = _common(sets)
    return SetValue(kind, sorted_set(i for items in all_items for i in items))


def _intersection(*sets: SetValue) -> Value:
    kind, (first, *others) = _common(sets)
    return SetValue(kind, tuple(i for i in first if all(_has(o, i) for o in others)))


def _subtract(a: SetValue, b: SetValue) -> Value:
    kind, (first, second) = _common((a, b))
    return SetValue(kind, tuple(i for i in first if not _has(second, i)))


def _unknown_product(sets: tuple[Value, ...]) -> Value:
    """What is known of a product of something unknown: none, where another is empty and all lengths have a limit."""
    if any(isinstance(one, Unknown) and one.type is ANY for one in sets):
        return Unknown()
    kind = product_type(sets)
    sized = all(not isinstance(one, Unknown) or isinstance(one.type, TupleType) for one in sets)
    if sized and any(isinstance(one, ListValue | SetValue | TupleValue) and not one.items for one in sets):
        return convert(TupleValue(()), kind)
    return Unknown(kind, not_null=True)


def _product(*sets: Value) -> Value:
    if any(isinstance(one, Unknown) for one in sets):
        return _unknown_product(sets)
    if len(sets) < 2:
        raise FunctionError("at least two arguments are required")
    columns: list[tuple[Value, ...]] = []
    kinds: list[Type] = []
    for at, one in enumerate(sets):
        if not isinstance(one, ListValue | SetValue | TupleValue):
            raise FunctionError("a set or a list is required", at)
        if isinstance(one, SetValue) and any(isinstance(i, Unknown) for i in one.items):
            return Unknown(not_null=True)
        kind = one.element if not isinstance(one, TupleValue) else unify(map(type_of, one.items))
        if kind is None:
            raise FunctionError("all elements must be of the same type", at)
        kinds.append(kind)
        columns.append(tuple(fitted(i, kind, at) for i in one.items))
    rows = tuple(TupleValue(row) for row in product(*columns))
    element = TupleType(tuple(kinds))
    if any(isinstance(s, SetValue) for s in sets):
        bare, marks = unmark_deep(TupleValue(rows))
        assert isinstance(bare, TupleValue)
        return mark(SetValue(element, sorted_set(bare.items)), marks)
    return ListValue(element, rows)


FUNCTIONS: dict[str, Implementation] = {
    "setunion": _union,
    "setintersection": _intersection,
    "setsubtract": _subtract,
    "setproduct": _product,
}
__all__ = ["FUNCTIONS", "ListType"]
