"""Values of expressions to arguments of the neutral pipeline; `when` to tests."""

from __future__ import annotations

from kfinfra.config.dag.scope import DagScope, placeholder
from kfinfra.diag import DiagnosticError, error
from kfinfra.hcl.evaluate import evaluate
from kfinfra.hcl.nodes import Binary, Expr, Parens, TemplateWrap, Unary
from kfinfra.model.plain import UNKNOWN
from kfinfra.pipelines.dag.model import Argument, Channel, Comparison, Compound, Constant, Fields, Items, Test, Text
from kfinfra.values.codec import to_data
from kfinfra.values.data import (
    CHANNEL,
    SENSITIVE,
    Deferred,
    ListValue,
    MapValue,
    ObjectValue,
    Placeholder,
    SetValue,
    TupleValue,
    Unknown,
    Value,
)
from kfinfra.values.marks import SECRET, unmark, unmark_deep

_OPERATORS = ("==", "!=", "<", "<=", ">", ">=")
_FLIPPED = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


def argument(expr: Expr, scope: DagScope) -> Argument:
    """The argument that an expression gives. Raises DiagnosticError."""
    value = evaluate(expr, scope, scope.source)
    span = scope.source.span(expr.start, expr.end)
    if secret := unmark_deep(value)[1] & SECRET:
        summary = f"{'Sensitive' if SENSITIVE in secret else 'Ephemeral'} value in a pipeline"
        detail = "A pipeline's package is no place for a secret: it is stored, and shown by KFP."
        raise DiagnosticError(error(summary, detail, span, hint="use secret_env, or env_from with a secret"))
    try:
        return _argument(value)
    except _Computed:
        detail = "This is computed from a value that only the pipeline's run knows; kfinfra computes before the run."
        hint = 'a task\'s output or a parameter stands by itself, in a list or object, or in a string: "${param.x}-v1"'
        raise DiagnosticError(error("Computed from a value of a run", detail, span, hint=hint)) from None


class _Computed(Exception):
    """Something was computed from a channel."""


def _argument(value: Value) -> Argument:
    bare, marks = unmark(value)
    if CHANNEL not in unmark_deep(value)[1]:
        return Constant(to_data(value, UNKNOWN)[0])
    match bare:
        case Deferred(parts=parts):
            single = placeholder(value)
            if single is not None:
                return channel(single)
            if any(isinstance(part, Unknown) for part in parts):
                return Constant(UNKNOWN)
            return Text(tuple(channel(p) if isinstance(p, Placeholder) else str(p) for p in parts))
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items) if not marks:
            return Items(tuple(map(_argument, items)))
        case ObjectValue(fields) | MapValue(_, fields) if not marks:
            return Fields({name: _argument(fields[name]) for name in sorted(fields)})
        case _:
            raise _Computed


def channel(found: Placeholder) -> Channel:
    """A placeholder as the neutral pipeline has it."""
    return Channel(found.kind, found.name, found.key, tuple(map(channel, found.of)))


def tests(expr: Expr, scope: DagScope, negated: bool = False) -> tuple[Test, ...]:
    """The tests of a `when`, all of which must hold; `!` is brought down to the comparisons. Raises DiagnosticError."""
    match expr:
        case Parens(inner=inside) | TemplateWrap(inner=inside):
            return tests(inside, scope, negated)
        case Unary(op="!", operand=inside):
            return tests(inside, scope, not negated)
        case Binary(op="&&" | "||" as op, left=left, right=right):
            sides = [tests(side, scope, negated) for side in (left, right)]
            if (op == "&&") != negated:
                return (*sides[0], *sides[1])
            return (Compound("||", tuple(part for side in sides for part in _flat(side))),)
        case Binary(op=op, left=left, right=right) if op in _OPERATORS:
            return (_comparison(expr, _FLIPPED[op] if negated else op, argument(left, scope), argument(right, scope), scope),)
        case _:
            value = argument(expr, scope)
            if isinstance(value, Channel):
                return (Comparison("!=" if negated else "==", value, Constant(True)),)
            raise _wrong(expr, scope, "A comparison with == != < <= > >= is required.", "such as task.fit.output > 0.9")


def _flat(side: tuple[Test, ...]) -> tuple[Test, ...]:
    """One side of an `||`: alternatives within alternatives are as many more."""
    match side:
        case (Compound(op="||", of=of),):
            return of
        case (_,):
            return side
        case _:
            return (Compound("&&", side),)


def _comparison(expr: Expr, op: str, left: Argument, right: Argument, scope: DagScope) -> Comparison:
    if not any(isinstance(side, Channel) for side in (left, right)):
        detail = "Neither side is known by the run only, so that there is nothing to decide in it."
        raise _wrong(expr, scope, detail, "compare an output or a parameter; what is known now decides with count or for_each")
    if any(not isinstance(side, Channel | Constant) for side in (left, right)):
        raise _wrong(expr, scope, "KFP compares a channel with a channel or a constant.", "build the text in a task")
    return Comparison(op, left, right)


def _wrong(expr: Expr, scope: DagScope, detail: str, hint: str) -> DiagnosticError:
    return DiagnosticError(error("Invalid when", detail, scope.source.span(expr.start, expr.end), hint=hint))
