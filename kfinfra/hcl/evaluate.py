"""The evaluator: syntax to values. Names come from a scope (lazily), everything else is decided here.

Refuses to know what names mean: `Scope.lookup` resolves them and says how many steps it has used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, Protocol, TypeAlias, TypeVar, cast

from kfinfra.diag import Called, DiagnosticError, SourceText, error
from kfinfra.hcl import access, calls, loops, operators
from kfinfra.hcl.functions.function import Function
from kfinfra.hcl.nodes import (
    Anon,
    Attr,
    Binary,
    Call,
    Conditional,
    Expr,
    For,
    Index,
    IndexExpr,
    Literal,
    ObjectExpr,
    Parens,
    Quoted,
    RelativeTraversal,
    Splat,
    Step,
    Template,
    TemplateJoin,
    TemplateWrap,
    Text,
    Traversal,
    TupleExpr,
    Unary,
)
from kfinfra.hcl.references import references
from kfinfra.values.convert import ConversionError, convert, type_of
from kfinfra.values.data import Deferred, Marked, ObjectValue, Placeholder, TupleValue, Unknown, Value
from kfinfra.values.describe import statement
from kfinfra.values.marks import NONE, mark, unmark, unmark_deep
from kfinfra.values.nulls import is_null, untyped
from kfinfra.values.numbers import parse_number
from kfinfra.values.texts import beginning, nfc
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, Type, type_name
from kfinfra.values.unify import unify

Result = TypeVar("Result")
Names: TypeAlias = Mapping[str, Mapping[str, Value]]


class Scope(Protocol):
    """The names and functions that expressions see."""

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions by name."""

    @property
    def known(self) -> Names:
        """Names that need no lookup: by root and attribute, what the two stand for."""

    def lookup(self, root: str, steps: tuple[Step, ...], traversal: Traversal) -> tuple[Value, int]:
        """The value of a root name and how many of `steps` it used. Raises DiagnosticError when there is none."""


def evaluate(expr: Expr, scope: Scope, source: SourceText) -> Value:
    """The value of `expr`, its nulls as None. Raises DiagnosticError with the span of what is wrong and the values it saw."""
    return untyped(Evaluator(scope, source).value(expr))


def typed(expr: Expr, scope: Scope, source: SourceText) -> Value:
    """The value of `expr` as other expressions see it. Raises DiagnosticError."""
    return Evaluator(scope, source).value(expr)


class Evaluator:
    """One evaluation: the scope, the `for` names in force, the splat's element."""

    __slots__ = ("anon", "known", "local", "quiet", "scope", "source")

    def __init__(self, scope: Scope, source: SourceText) -> None:
        self.scope, self.source, self.known = scope, source, scope.known
        self.local: dict[str, Value] = {}
        self.anon: Value = None
        self.quiet = 0

    def value(self, expr: Expr) -> Value:
        """The value of `expr` here."""
        return _RULES[type(expr)](self, expr)

    def fail(
        self, expr: Expr, summary: str, detail: str, cause: Expr | None = None, call: Called | None = None, hint: str = ""
    ) -> NoReturn:
        """Raises the diagnostic; the values are those of the names in `cause` (by default in `expr`)."""
        seen = () if self.quiet else self._seen(cause or expr)
        span = self.source.span(expr.start, expr.end)
        raise DiagnosticError(error(summary, detail, span, values=seen, call=call, hint=hint))

    def note(self, expr: Expr, summary: str, detail: str) -> None:
        """Tells what is wrong where the rest can be looked at without it: raises, unless as much as can be told is asked for."""
        self.fail(expr, summary, detail)

    def _seen(self, expr: Expr) -> tuple[tuple[str, str], ...]:
        out: dict[str, str] = {}
        self.quiet += 1
        for found in references(expr):
            try:
                out[self.source.text[found.start : found.end]] = statement(self.value(found))
            except DiagnosticError:
                continue
        self.quiet -= 1
        return tuple(sorted(out.items()))

    def reach(self, expr: Expr, value: Value, steps: tuple[Step, ...]) -> Value:
        """`value` followed by static steps."""
        for step in steps:
            if type(step) is Attr and type(value) is ObjectValue and step.name in value.items:  # most steps are these
                value = value.items[step.name]
                continue
            try:
                value = access.attribute(value, step.name) if type(step) is Attr else access.index(value, cast(Index, step).key)
            except access.AccessError as bad:
                whole = self.source.span(step.start, step.end)
                seen = () if self.quiet else self._seen(expr) if not isinstance(expr, Traversal) else self._stem(expr, step)
                told = bad.detail if self.quiet else bad.told
                raise DiagnosticError(error(bad.summary, told, whole, values=seen)) from bad
        return value

    def _stem(self, expr: Traversal, step: Step) -> tuple[tuple[str, str], ...]:
        before = tuple(s for s in expr.steps if s.end <= step.start)
        return self._seen(Traversal(expr.start, before[-1].end if before else expr.start + len(expr.root), expr.root, before))

    def convert(self, expr: Expr, value: Value, to: Type, summary: str, prefix: str = "") -> Value:
        """`value` converted, or a diagnostic with `summary` at `expr`."""
        try:
            return convert(value, to)
        except ConversionError as bad:
            self.fail(expr, summary, f"{prefix}{bad.message}.")

    def literal(self, expr: Literal) -> Value:
        """A number, bool or null."""
        return expr.value if expr.number is None else parse_number(expr.number)

    def traversal(self, expr: Traversal) -> Value:
        """A name and its steps."""
        root, steps = expr.root, expr.steps
        if root in self.local:
            return self.reach(expr, self.local[root], steps) if steps else self.local[root]
        names = self.known.get(root)
        if names is not None and steps and type(step := steps[0]) is Attr and step.name in names:  # most names are these
            value, used = names[step.name], 1
        else:
            value, used = self.scope.lookup(root, steps, expr)
        return self.reach(expr, value, steps[used:]) if used < len(steps) else value

    def relative(self, expr: RelativeTraversal) -> Value:
        """Steps on an expression."""
        return self.reach(expr.source, self.value(expr.source), expr.steps)

    def index(self, expr: IndexExpr) -> Value:
        """`collection[key]`."""
        value, key = self.value(expr.collection), self.value(expr.key)
        try:
            return access.index(value, key)
        except access.AccessError as bad:
            self.fail(expr, bad.summary, bad.detail if self.quiet else bad.told)

    def template(self, expr: Template) -> Value:
        """Parts joined into a string; unknown parts make an unknown string with a known prefix."""
        values = [part.value if type(part) is Text else _RULES[type(part)](self, part) for part in expr.parts]
        if _TEXTS.issuperset(map(type, values)):
            text = "".join(map(str, values))
            return text if text.isascii() else nfc(text)
        return self._joined(expr, values)

    def _joined(self, expr: Template, values: list[Value]) -> Value:
        """Parts that are not all texts and whole numbers."""
        text, known, marks = "", True, NONE
        parts: list[str | Placeholder | Unknown] = []
        for part, given in zip(expr.parts, values, strict=True):
            value, found = unmark(given)
            if is_null(value):
                detail = "The expression result is null. Cannot include a null value in a string template."
                self.note(part, "Invalid template interpolation value", detail)
                continue
            marks |= found
            try:
                piece = convert(value, STRING)
            except ConversionError as bad:
                detail = f"Cannot include the given value in a string template: {bad.message}."
                self.note(part, "Invalid template interpolation value", detail)
                continue
            parts += piece.parts if isinstance(piece, Deferred) else [piece if isinstance(piece, Unknown) else str(piece)]
            if isinstance(piece, Unknown):
                known = False
            elif known:
                text += str(piece)
        if any(isinstance(part, Placeholder) for part in parts):
            return mark(Deferred(STRING, not_null=True, prefix=text, parts=tuple(parts)), marks)
        return mark(nfc(text) if known else Unknown(STRING, not_null=True, prefix=beginning(text)), marks)

    def join(self, expr: TemplateJoin) -> Value:
        """The strings of a `%{for}` joined."""
        value, marks = unmark(self.value(expr.inner))
        if not isinstance(value, TupleValue):
            return mark(Unknown(STRING, not_null=True), marks)
        return mark(loops.joined(self, expr.inner, value), marks)

    def unary(self, expr: Unary) -> Value:
        """`-x`, `!x`."""
        to = BOOL if expr.op == "!" else NUMBER
        value, marks = unmark(self._operand(self.value(expr.operand), expr.operand, expr, to, "unary"))
        if isinstance(value, Unknown):
            return mark(Unknown(value.type, not_null=True), marks)
        return mark(not value if expr.op == "!" else operators.arithmetic("-", 0, cast(int, value)), marks)

    def _operand(self, value: Value, expr: Expr, whole: Expr, to: Type, side: str) -> Value:
        prefix = f"Unsuitable value for {side} operand: "
        if is_null(unmark(value)[0]):
            self.fail(expr, "Invalid operand", f"{prefix}argument must not be null.", whole)
        try:
            return convert(value, to)
        except ConversionError as bad:
            self.fail(expr, "Invalid operand", f"{prefix}{bad.message}.", whole, hint=operators.advice(whole, unmark(value)[0]))

    def binary(self, expr: Binary) -> Value:
        """`left op right`."""
        to, own = operators.OPERANDS[expr.op]
        left = self.value(expr.left)
        if to is not None and type(left) is not own:
            left = self._operand(left, expr.left, expr, to, "left")
        right = self.value(expr.right)
        first = second = NONE
        if type(left) is own and type(right) is own:  # most operands are these
            if expr.op in operators.QUICK:
                return operators.QUICK[expr.op](left, right)
        else:
            if to is not None:
                right = self._operand(right, expr.right, expr, to, "right")
            (left, first), (right, second) = unmark_deep(left), unmark_deep(right)
        try:
            return mark(operators.apply(expr.op, left, right), first | second)
        except ZeroDivisionError:
            self.fail(expr, "Division by zero", "Cannot divide by zero: the right operand is zero.")
        except ValueError as bad:
            self.fail(expr, "Operation failed", f"Error during operation: {bad}.")

    def conditional(self, expr: Conditional) -> Value:
        """`test ? yes : no`; the result has a type that both branches convert to."""
        test, marks = unmark(self.value(expr.test))
        if is_null(test):
            self.fail(expr.test, "Null condition", "The condition value is null. Conditions must either be true or false.")
        test = self.convert(expr.test, test, BOOL, "Incorrect condition type", "The condition expression must be of type bool: ")
        if isinstance(test, Unknown):
            return mark(self._either(expr), marks)
        chosen = self.value(expr.yes if test else expr.no)
        other, found = unmark(self._other(expr.no if test else expr.yes))
        kind = self._common(expr, unmark(chosen)[0], other)
        return mark(self.convert(expr, chosen, kind, "Inconsistent conditional result types"), marks | found)

    def _either(self, expr: Conditional) -> Value:
        """What is known of a result whose condition is not."""
        (yes, first), (no, second) = unmark(self._other(expr.yes)), unmark(self._other(expr.no))
        kind = self._common(expr, yes, no)
        if is_null(yes) and is_null(no):
            return mark(convert(None, kind), first | second)
        if type_of(yes) is NUMBER and not isinstance(yes, Unknown) and yes == no:
            return mark(yes, first | second)
        sure = all(not is_null(v) and (not isinstance(v, Unknown) or v.not_null) for v in (yes, no))
        return mark(Unknown(kind, not_null=sure), first | second)

    def _other(self, expr: Expr) -> Value:
        """The branch that is not taken: only its type and marks count, so an error in it is none."""
        self.quiet += 1
        try:
            return self.value(expr)
        except DiagnosticError as bad:
            if calls.static(bad):
                raise
            from kfinfra.hcl.partial import Partial

            return Partial(self).value(expr)
        finally:
            self.quiet -= 1

    def _common(self, expr: Conditional, yes: Value, no: Value) -> Type:
        first, second = type_of(yes), type_of(no)
        if ANY in (first, second):  # a bare null goes along with the other; what is of unknown type leaves both as they are
            return second if yes is None else first if no is None else ANY
        kind = unify((first, second))
        if kind is None:
            detail = (
                "The true and false result expressions must have consistent types: "
                f"the 'true' value is {type_name(first)}, the 'false' value is {type_name(second)}."
            )
            self.fail(expr, "Inconsistent conditional result types", detail)
        return kind

    def sequence(self, expr: TupleExpr) -> Value:
        """`[a, b]`."""
        return TupleValue(tuple([_RULES[type(item)](self, item) for item in expr.items]))

    def object(self, expr: ObjectExpr) -> Value:
        """`{ a = 1 }`; an unknown key makes all of it unknown."""
        fields: dict[str, Value] = {}
        marks, known = NONE, True
        for item in expr.items:
            key, written = item.key, item.value
            if isinstance(key, str):
                fields[key] = _RULES[type(written)](self, written)
                continue
            name, found = self._key(key)
            marks |= found
            value = self.value(written)
            if name is None:
                known = False
            else:
                fields[name] = value
        return mark(ObjectValue(fields), marks) if known else mark(Unknown(), marks)

    def _key(self, expr: Expr) -> tuple[str | None, frozenset[str]]:
        value, marks = unmark(self.value(expr))
        if type(value) is str:
            return value, marks
        if is_null(value):
            self.fail(expr, "Null value as key", "Can't use a null value as a key.")
        key = self.convert(expr, value, STRING, "Incorrect key type", "Can't use this value as a key: ")
        return (key if isinstance(key, str) else None), marks

    def within(self, names: Mapping[str, Value], work: Callable[[], Result]) -> Result:
        """What `work` gives while there are further `for` names."""
        before = self.local
        self.local = {**before, **names}
        try:
            return work()
        finally:
            self.local = before

    def over(self, anon: Value, expr: Expr) -> Value:
        """The value of a splat's `each` for one element."""
        before, self.anon = self.anon, anon
        try:
            return self.value(expr)
        finally:
            self.anon = before

    def attempt(self, expr: Expr) -> Value:
        """The value of `expr` where an error is expected and will be swallowed (`try`, `can`)."""
        self.quiet += 1
        try:
            return self.value(expr)
        finally:
            self.quiet -= 1


_RULES: dict[type, Callable[[Evaluator, object], Value]] = cast(
    "dict[type, Callable[[Evaluator, object], Value]]",
    {
        Literal: Evaluator.literal,
        Text: lambda _, e: e.value,
        Quoted: lambda _, e: e.value,
        Template: Evaluator.template,
        TemplateWrap: lambda s, e: s.value(e.inner),
        TemplateJoin: Evaluator.join,
        Traversal: Evaluator.traversal,
        RelativeTraversal: Evaluator.relative,
        IndexExpr: Evaluator.index,
        Splat: loops.splat,
        Anon: lambda s, _: s.anon,
        TupleExpr: Evaluator.sequence,
        ObjectExpr: Evaluator.object,
        For: loops.for_expression,
        Call: calls.call,
        Unary: Evaluator.unary,
        Binary: Evaluator.binary,
        Conditional: Evaluator.conditional,
        Parens: lambda s, e: s.value(e.inner),
    },
)
_TEXTS = frozenset([str, int])
__all__ = ["Evaluator", "Marked", "Scope", "evaluate"]
