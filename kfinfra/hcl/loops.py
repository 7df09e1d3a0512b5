"""`for` expressions, splats and `%{for}`: going over collections, with unknowns and marks taken along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfinfra.hcl import access
from kfinfra.hcl.nodes import Expr, For, Splat
from kfinfra.values.convert import ConversionError, convert, type_of
from kfinfra.values.data import ListValue, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import NONE, SECRET, mark, unmark
from kfinfra.values.nulls import is_null
from kfinfra.values.texts import nfc
from kfinfra.values.types import ANY, BOOL, STRING, ListType, Primitive, SetType, TupleType

if TYPE_CHECKING:
    from kfinfra.hcl.evaluate import Evaluator


def splat(here: Evaluator, expr: Splat) -> Value:
    """`source[*].each`: null is no element, anything that is no sequence is one."""
    source, marks = unmark(here.value(expr.source))
    if isinstance(source, Unknown):
        return mark(unknown_splat(here, expr, source), marks)
    if is_null(source):
        if isinstance(type_of(source), ListType | SetType | TupleType):
            detail = "Splat expressions (with the * symbol) cannot be applied to null sequences."
            here.fail(expr.source, "Splat of null value", detail)
        return mark(TupleValue(()), marks)
    items = source.items if isinstance(source, TupleValue | ListValue | SetValue) else (mark(source, marks),)
    found = tuple(here.over(item, expr.each) for item in items)
    if isinstance(source, ListValue | SetValue):
        if not found:
            return mark(ListValue(type_of(here.over(Unknown(source.element), expr.each)), ()), marks)
        kinds = [kind for kind in map(type_of, found) if kind is not ANY] or [ANY]
        if all(kind == kinds[0] for kind in kinds):
            return mark(ListValue(kinds[0], found), marks)
    return mark(TupleValue(found), marks)


def unknown_splat(here: Evaluator, expr: Splat, source: Unknown) -> Value:
    """A splat over what is not known: what is no sequence is one element for sure where it cannot be null."""
    match source.type:
        case ListType(element) | SetType(element):
            return Unknown(ListType(type_of(here.over(Unknown(element), expr.each))), not_null=True)
        case TupleType(elements):
            return Unknown(TupleType(tuple(type_of(here.over(Unknown(e), expr.each)) for e in elements)), not_null=True)
        case kind if kind is ANY:
            return Unknown()
        case _:
            each = here.over(source, expr.each)
            return TupleValue((each,)) if source.not_null else Unknown()


def for_expression(here: Evaluator, expr: For) -> Value:
    """A tuple or an object of what the body gives for each element."""
    collection, marks = unmark(here.value(expr.collection))
    if is_null(collection):
        here.fail(
            expr.collection, "Iteration over null value", "A null value cannot be used as the collection in a 'for' expression."
        )
    unknown = isinstance(collection, Unknown)
    if unknown and type_of(collection) is ANY:
        return mark(Unknown(), marks)
    pairs = [] if unknown and not isinstance(type_of(collection), Primitive) else access.elements(collection)
    if pairs is None:
        here.fail(
            expr.collection,
            "Iteration over non-iterable value",
            f"A value of type {access.friendly(collection)} cannot be used as the collection in a 'for' expression.",
        )
    loop = _Loop(here, expr)
    found = NONE if pairs else loop.check()
    return mark(Unknown(), marks | found) if unknown else mark(loop.run(pairs), marks)


def check(here: Evaluator, expr: For) -> None:
    """Tells a condition that can never be one, whatever there is to go over."""
    _Loop(here, expr).check()


class _Loop:
    """One `for` at work: what it has gathered, and the marks of conditions and keys."""

    def __init__(self, here: Evaluator, expr: For) -> None:
        self.here, self.expr = here, expr
        self.marks, self.known = NONE, True
        self.items: list[Value] = []
        self.fields: dict[str, list[Value]] = {}

    def check(self) -> frozenset[str]:
        """Tells a condition that can never be one, whatever it is asked of; its marks."""
        condition = self.expr.condition
        if condition is None:
            return NONE
        test, found = unmark(self.here.within(self._names(Unknown(), Unknown()), lambda: self.here.value(condition)))
        before = self.known
        self._as_bool(condition, test)
        self.known = before
        return found

    def run(self, pairs: list[tuple[Value, Value]]) -> Value:
        """The result for all elements."""
        expr, here, before = self.expr, self.here, self.here.local
        try:
            for key, value in pairs:
                here.local = {**before, expr.value_var: value}
                if expr.key_var:
                    here.local[expr.key_var] = key
                if expr.condition is None or self._wanted(expr.condition):
                    self._take()
        finally:
            here.local = before
        if not self.known:
            return mark(Unknown(), self.marks)
        if self.expr.key is None:
            return mark(TupleValue(tuple(self.items)), self.marks)
        made: dict[str, Value] = {k: TupleValue(tuple(v)) if self.expr.group else v[0] for k, v in self.fields.items()}
        return mark(ObjectValue(made), self.marks)

    def _names(self, key: Value, value: Value) -> dict[str, Value]:
        names = {self.expr.value_var: value}
        if self.expr.key_var:
            names[self.expr.key_var] = key
        return names

    def _wanted(self, condition: Expr) -> bool:
        test = self.here.value(condition)
        if type(test) is bool:  # most conditions
            return test
        test, found = unmark(test)
        self.marks |= found
        if isinstance(test, Unknown) and self.known:
            self.check()
        if isinstance(test, Unknown) and self.expr.key is None:  # its own type does not matter where elements are gathered
            self.known = False
            return False
        test = self._as_bool(condition, test)
        self.known = self.known and not isinstance(test, Unknown)
        return test is True

    def _as_bool(self, condition: Expr, test: Value) -> Value:
        if is_null(test):
            return self._give_up(condition, "Condition is null", "The value of the 'if' clause must not be null.")
        try:
            return convert(test, BOOL)
        except ConversionError as bad:
            return self._give_up(condition, "Invalid 'for' condition", f"The 'if' clause value is invalid: {bad.message}.")

    def _give_up(self, expr: Expr, summary: str, detail: str) -> bool:
        """Tells what is wrong with a condition or a key, unless the result cannot be known any more anyway."""
        if self.known:
            self.here.note(expr, summary, detail)
        self.known = False
        return False

    def _take(self) -> None:
        expr, here = self.expr, self.here
        if expr.key is None:
            self.items.append(here.value(expr.value))
            return
        raw, found = unmark(here.value(expr.key))
        self.marks |= found
        key = raw if type(raw) is str else self._as_key(expr.key, raw)
        if key is None:
            return
        value = here.value(expr.value)
        if key in self.fields and not expr.group:
            here.note(
                expr.key,
                "Duplicate object key",
                f"Two different items produced {_shown(key, found)} in this 'for' expression. If duplicates are expected, "
                "use the ellipsis (...) after the value expression to enable grouping by key.",
            )
        self.fields.setdefault(key, []).append(value)

    def _as_key(self, expr: Expr, raw: Value) -> str | None:
        if is_null(raw):
            self._give_up(expr, "Invalid object key", "Key expression in 'for' expression must not produce a null value.")
            return None
        if isinstance(raw, Unknown):
            self.known = False
            return None
        try:
            return str(convert(raw, STRING))
        except ConversionError as bad:
            self._give_up(expr, "Invalid object key", f"The key expression produced an invalid result: {bad.message}.")
            return None


def _shown(key: str, marks: frozenset[str]) -> str:
    return "the same key, which is not shown," if marks & SECRET else f'the key "{key}"'


def joined(here: Evaluator, expr: Expr, value: TupleValue) -> Value:
    """The strings of a template's `for` as one."""
    text, known, marks = "", True, NONE
    summary = "Invalid template interpolation value"
    for item in value.items:
        bare, found = unmark(item)
        marks |= found
        if is_null(bare):
            here.note(expr, summary, "An iteration result is null. Cannot include a null value in a string template.")
            continue
        try:
            piece = convert(bare, STRING)
        except ConversionError as bad:
            here.note(expr, summary, f"Cannot include one of the results: {bad.message}.")
            continue
        known = known and not isinstance(piece, Unknown)
        text += str(piece) if known else ""
    return mark(nfc(text) if known else Unknown(STRING, not_null=True), marks)
