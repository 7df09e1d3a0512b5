"""What can be told of a branch that is not taken and fails: an evaluation that errors do not end."""

from __future__ import annotations

from kfinfra.diag import DiagnosticError
from kfinfra.hcl import calls, loops, operators
from kfinfra.hcl.evaluate import Evaluator
from kfinfra.hcl.nodes import (
    Binary,
    Call,
    Conditional,
    Expr,
    For,
    ObjectExpr,
    ObjectItem,
    Quoted,
    Splat,
    Template,
    TemplateJoin,
    Text,
    Traversal,
    TupleExpr,
    Unary,
)
from kfinfra.values.convert import type_of
from kfinfra.values.data import Unknown, Value
from kfinfra.values.marks import mark, unmark
from kfinfra.values.types import BOOL, STRING


class Partial(Evaluator):
    """An evaluation that errors do not end, for what can be told of a branch that is not taken: as in Terraform, what goes
    wrong is an unknown value of the type that its expression gives at least, and what surrounds it is worked out with that.
    """

    __slots__ = ("failed",)

    def __init__(self, like: Evaluator) -> None:
        super().__init__(like.scope, like.source)
        self.local, self.anon, self.quiet, self.failed = like.local, like.anon, 1, 0

    def value(self, expr: Expr) -> Value:
        """The value of `expr`, or as much of it as can be told."""
        before = self.failed
        try:
            if isinstance(expr, For):
                loops.check(self, expr)
                if self.failed > before:
                    return Unknown()
            found = super().value(self._apart(expr))
        except DiagnosticError as bad:
            if calls.static(bad):
                raise
            self.failed += 1
            return self._of_either(expr) if isinstance(expr, Conditional) else _least(expr)
        if self.failed > before:
            return (
                self._of_splat(expr)
                if isinstance(expr, Splat)
                else _least(expr)
                if isinstance(expr, Call | Unary | Binary)
                else found
            )
        return found

    def note(self, expr: Expr, summary: str, detail: str) -> None:
        """Goes on: only that something is wrong counts."""
        self.failed += 1

    def _apart(self, expr: Expr) -> Expr:
        """`expr` with its parts worked out already, where its rule would let an error in one of them end it."""
        match expr:
            case TupleExpr(items=items):
                return TupleExpr(expr.start, expr.end, tuple(map(self._given, items)))
            case Template(parts=parts):
                return Template(expr.start, expr.end, tuple(map(self._given, parts)))
            case ObjectExpr(items=pairs):
                given = (ObjectItem(i.start, i.end, i.key, self._given(i.value)) for i in pairs)
                return ObjectExpr(expr.start, expr.end, tuple(given))
            case _:
                return expr

    def _given(self, expr: Expr) -> Expr:
        """The value of `expr` under a name that nobody can write."""
        if isinstance(expr, Text):
            return expr
        name = f"{expr.start}..{expr.end}"
        self.local = {**self.local, name: self.value(expr)}
        return Traversal(expr.start, expr.end, name, ())

    def _of_either(self, expr: Conditional) -> Value:
        test, marks = unmark(self.value(expr.test))
        try:
            found = self._either(expr)
        except DiagnosticError:
            return Unknown()
        return mark(found, marks) if isinstance(test, Unknown) else Unknown(type_of(found))

    def _of_splat(self, expr: Splat) -> Value:
        before = self.failed
        source, marks = unmark(self.value(expr.source))
        if self.failed > before:
            return Unknown()
        return mark(Unknown(type_of(loops.unknown_splat(self, expr, Unknown(type_of(source), not_null=True)))), marks)

    def attempt(self, expr: Expr) -> Value:
        """The value of `expr`, whose errors `try` and `can` want to see."""
        whole = Evaluator(self.scope, self.source)
        whole.local, whole.anon, whole.quiet = self.local, self.anon, 1
        return whole.value(expr)


def _least(expr: Expr) -> Value:
    """What is known of any value that `expr` may have."""
    match expr:
        case Quoted() | Template() | TemplateJoin():
            return Unknown(STRING, not_null=True)
        case Unary(op=op) | Binary(op=op):
            return Unknown(BOOL if op == "!" else operators.result_type(op), not_null=True)
        case _:
            return Unknown()
