"""Which names an expression refers to: what gives resources their order. Names that a `for` brings are left out."""

from __future__ import annotations

from collections.abc import Iterator

from kfinfra.hcl.nodes import (
    Anon,
    Binary,
    Call,
    Conditional,
    Expr,
    For,
    IndexExpr,
    Literal,
    ObjectExpr,
    Parens,
    RelativeTraversal,
    Splat,
    Template,
    TemplateJoin,
    TemplateWrap,
    Text,
    Traversal,
    TupleExpr,
    Unary,
)


def references(expr: Expr) -> list[Traversal]:
    """The traversals in `expr` in source order, without those of `for` names and of bare object keys."""
    out: list[Traversal] = []
    _walk(expr, frozenset(), out)
    return out


def calls(expr: Expr) -> Iterator[Call]:
    """The calls in `expr`, the outer one before those inside it."""
    if isinstance(expr, Call):
        yield expr
    for child in children(expr):
        yield from calls(child)


def _walk(expr: Expr, bound: frozenset[str], out: list[Traversal]) -> None:
    kind = type(expr)
    if kind in _LEAVES:
        return
    if isinstance(expr, Traversal):
        if expr.root not in bound:
            out.append(expr)
    elif isinstance(expr, For):
        _walk(expr.collection, bound, out)
        inner = bound | {expr.value_var} | ({expr.key_var} if expr.key_var else set())
        for part in (expr.key, expr.value, expr.condition):
            if part is not None:
                _walk(part, inner, out)
    else:
        for child in children(expr):
            _walk(child, bound, out)


_LEAVES = frozenset((Literal, Text, Anon))


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside `expr`, in source order; bare object keys are names, not expressions."""
    match expr:
        case Literal() | Text() | Anon() | Traversal():
            return ()
        case Template():
            return expr.parts
        case TemplateWrap() | TemplateJoin() | Parens():
            return (expr.inner,)
        case RelativeTraversal():
            return (expr.source,)
        case IndexExpr():
            return (expr.collection, expr.key)
        case Splat():
            return (expr.source, expr.each)
        case TupleExpr():
            return expr.items
        case ObjectExpr():
            return tuple(e for i in expr.items for e in ((i.value,) if i.bare is not None else (i.key, i.value)))
        case For():
            return tuple(e for e in (expr.collection, expr.key, expr.value, expr.condition) if e is not None)
        case Call():
            return expr.args
        case Unary():
            return (expr.operand,)
        case Binary():
            return (expr.left, expr.right)
        case Conditional():
            return (expr.test, expr.yes, expr.no)
