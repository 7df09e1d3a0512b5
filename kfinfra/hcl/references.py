"""Which names an expression refers to: what gives resources their order. Names that a `for` brings are left out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kfinfra.hcl.nodes import (
    Anon,
    Attr,
    Attribute,
    Binary,
    Call,
    Conditional,
    Expr,
    For,
    IndexExpr,
    Literal,
    ObjectExpr,
    Parens,
    Quoted,
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


def attribute(start: int, end: int, name: str, expr: Expr, name_end: int) -> Attribute:
    """The attribute, with what is found by a walk through its expression."""
    within = [expr, *_within(expr)]
    found = references(expr)
    names = tuple(filter(None, dict.fromkeys(map(plain_name, found))))
    refers = tuple(traversal for traversal in found if not plain_name(traversal))
    binds = tuple(n for e in within if isinstance(e, For) for n in (e.key_var, e.value_var) if n)
    wraps = any(isinstance(e, TemplateWrap) for e in within)
    return Attribute(start, end, name, expr, name_end, names, refers, binds, wraps)


def plain_name(traversal: Traversal) -> str:
    """`var.a` or `local.a`, where a reference is to such a one; empty for others."""
    step = traversal.steps[0] if traversal.steps else None
    return f"{traversal.root}.{step.name}" if traversal.root in ("var", "local") and isinstance(step, Attr) else ""


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


def is_tried(traversal: Traversal, expr: Expr) -> bool:
    """Whether a `try` or a `can` in `expr` is there for the case that there is no such value."""
    return any(c.name in ("try", "can") and c.start <= traversal.start < c.end for c in calls(expr))


def _within(expr: Expr) -> Iterator[Expr]:
    for child in children(expr):
        yield child
        yield from _within(child)


def _walk(expr: Expr, bound: frozenset[str], out: list[Traversal]) -> None:
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
            if type(child) not in _LEAVES:
                _walk(child, bound, out)


_LEAVES = frozenset((Literal, Text, Quoted, Anon))


def children(expr: Expr) -> tuple[Expr, ...]:
    """The expressions directly inside `expr`, in source order; bare object keys are names, not expressions."""
    return _CHILDREN[type(expr)](expr)


def _object(expr: ObjectExpr) -> tuple[Expr, ...]:
    found: list[Expr] = []
    for item in expr.items:
        if not isinstance(item.key, str):
            found.append(item.key)
        found.append(item.value)
    return tuple(found)


def _for(expr: For) -> tuple[Expr, ...]:
    return tuple(e for e in (expr.collection, expr.key, expr.value, expr.condition) if e is not None)


_CHILDREN: dict[type, Callable[[Any], tuple[Expr, ...]]] = {
    **dict.fromkeys((Literal, Text, Quoted, Anon, Traversal), lambda _: ()),
    Template: lambda e: e.parts,
    **dict.fromkeys((TemplateWrap, TemplateJoin, Parens), lambda e: (e.inner,)),
    RelativeTraversal: lambda e: (e.source,),
    IndexExpr: lambda e: (e.collection, e.key),
    Splat: lambda e: (e.source, e.each),
    TupleExpr: lambda e: e.items,
    ObjectExpr: _object,
    For: _for,
    Call: lambda e: e.args,
    Unary: lambda e: (e.operand,),
    Binary: lambda e: (e.left, e.right),
    Conditional: lambda e: (e.test, e.yes, e.no),
}
