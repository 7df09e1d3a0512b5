"""`for` expressions, splats and `%{for}`: going over collections, with unknowns and marks taken along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfinfra.hcl import access
from kfinfra.hcl.nodes import Expr, For, Splat
from kfinfra.values.convert import type_of
from kfinfra.values.data import ListValue, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import NONE, SECRET, mark, unmark
from kfinfra.values.types import ANY, BOOL, STRING, ListType, SetType

if TYPE_CHECKING:
    from kfinfra.hcl.evaluate import Evaluator


def splat(here: Evaluator, expr: Splat) -> Value:
    """`source[*].each`: null is no element, anything that is no sequence is one."""
    source, marks = unmark(here.value(expr.source))
    if isinstance(source, Unknown):
        listed = source.type if isinstance(source.type, ListType | SetType) else None
        each = here.over(Unknown(listed.element if listed else ANY), expr.each)
        return mark(Unknown(ListType(type_of(each)) if listed else ANY), marks)
    if source is None:
        return mark(TupleValue(()), marks)
    items = source.items if isinstance(source, TupleValue | ListValue | SetValue) else (source,)
    found = tuple(here.over(item, expr.each) for item in items)
    if isinstance(source, ListValue | SetValue):
        kinds = {type_of(v): None for v in found if v is not None} or {ANY: None}
        element = type_of(here.over(Unknown(source.element), expr.each)) if source.element != ANY else ANY
        if element != ANY or len(kinds) == 1:
            return mark(ListValue(element if element != ANY else next(iter(kinds)), found), marks)
    return mark(TupleValue(found), marks)


def for_expression(here: Evaluator, expr: For) -> Value:
    """A tuple or an object of what the body gives for each element."""
    collection, marks = unmark(here.value(expr.collection))
    if collection is None:
        here.fail(
            expr.collection, "Iteration over null value", "A null value cannot be used as the collection in a 'for' expression."
        )
    if isinstance(collection, Unknown):
        return mark(Unknown(not_null=True), marks)
    pairs = access.elements(collection)
    if pairs is None:
        here.fail(
            expr.collection,
            "Iteration over non-iterable value",
            f"A value of type {access.friendly(collection)} cannot be used as the collection in a 'for' expression.",
        )
    loop = _Loop(here, expr)
    if not pairs:
        loop.check()
    return mark(loop.run(pairs), marks)


class _Loop:
    """One `for` at work: what it has gathered, and the marks of conditions and keys."""

    def __init__(self, here: Evaluator, expr: For) -> None:
        self.here, self.expr = here, expr
        self.marks, self.known = NONE, True
        self.items: list[Value] = []
        self.fields: dict[str, list[Value]] = {}

    def check(self) -> None:
        """Tells a condition that can never be one also where there is nothing to go over."""
        names: dict[str, Value] = {self.expr.value_var: Unknown()}
        if self.expr.key_var:
            names[self.expr.key_var] = Unknown()
        self._wanted(names)
        self.known, self.marks = True, NONE

    def run(self, pairs: list[tuple[Value, Value]]) -> Value:
        """The result for all elements."""
        for key, value in pairs:
            names = {self.expr.value_var: value} | ({self.expr.key_var: key} if self.expr.key_var else {})
            if self._wanted(names):
                self._take(names)
        if not self.known:
            return mark(Unknown(not_null=True), self.marks)
        if self.expr.key is None:
            return mark(TupleValue(tuple(self.items)), self.marks)
        made: dict[str, Value] = {k: TupleValue(tuple(v)) if self.expr.group else v[0] for k, v in self.fields.items()}
        return mark(ObjectValue(made), self.marks)

    def _wanted(self, names: dict[str, Value]) -> bool:
        condition = self.expr.condition
        if condition is None:
            return True
        test, found = unmark(self.here.within(names, condition))
        self.marks |= found
        if test is None:
            self.here.fail(condition, "Condition is null", "The value of the 'if' clause must not be null.")
        test = self.here.convert(condition, test, BOOL, "Invalid 'for' condition", "The 'if' clause value is invalid: ")
        self.known = self.known and not isinstance(test, Unknown)
        return test is True

    def _take(self, names: dict[str, Value]) -> None:
        expr, here = self.expr, self.here
        if expr.key is None:
            self.items.append(here.within(names, expr.value))
            return
        raw, found = unmark(here.within(names, expr.key))
        self.marks |= found
        if raw is None:
            here.fail(expr.key, "Invalid object key", "Key expression in 'for' expression must not produce a null value.")
        key = here.convert(expr.key, raw, STRING, "Invalid object key", "The key expression produced an invalid result: ")
        value = here.within(names, expr.value)
        if not isinstance(key, str):
            self.known = False
        elif key in self.fields and not expr.group:
            here.fail(
                expr.key,
                "Duplicate object key",
                f"Two different items produced {_shown(key, found)} in this 'for' expression. If duplicates are expected, "
                "use the ellipsis (...) after the value expression to enable grouping by key.",
            )
        else:
            self.fields.setdefault(key, []).append(value)


def _shown(key: str, marks: frozenset[str]) -> str:
    return "the same key, which is not shown," if marks & SECRET else f'the key "{key}"'


def joined(here: Evaluator, expr: Expr, value: TupleValue) -> Value:
    """The strings of a template's `for` as one."""
    text, known, marks = "", True, NONE
    for item in value.items:
        bare, found = unmark(item)
        marks |= found
        if bare is None:
            here.fail(
                expr,
                "Invalid template interpolation value",
                "An iteration result is null. Cannot include a null value in a string template.",
            )
        piece = here.convert(expr, bare, STRING, "Invalid template interpolation value", "Cannot include one of the results: ")
        known = known and not isinstance(piece, Unknown)
        text += str(piece) if known else ""
    return mark(text if known else Unknown(STRING, not_null=True, prefix=text), marks)
