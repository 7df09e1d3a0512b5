"""Arithmetic, comparison and logic on values without marks. Unknown operands give unknown results."""

from __future__ import annotations

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from kfinfra.hcl.nodes import Binary, Expr, Unary
from kfinfra.values.data import ListValue, MapValue, Null, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.floats import Double, of_doubles, ratio, remainder, rounded
from kfinfra.values.numbers import number
from kfinfra.values.operations import equal
from kfinfra.values.types import BOOL, NUMBER, Type

Number = int | Decimal
_EXACT = 2**53
"""Below this no step of a remainder is rounded in 512 bits."""


def arithmetic(op: str, left: Number, right: Number) -> Number:
    """`left op right` for + - * / %. Raises ZeroDivisionError, and ValueError for results too large."""
    if isinstance(right, Double) and left == 0 and op == "-":
        return Double(-right)  # a sign changes no digit
    if isinstance(left, int) and isinstance(right, int) and op in "+-*":
        return number(left + right if op == "+" else left - right if op == "-" else left * right)
    if isinstance(left, Double) and isinstance(right, Double) and (found := of_doubles(op, left, right)) is not None:
        return found
    if op == "%":
        if isinstance(left, int) and isinstance(right, int) and 0 <= left < _EXACT and 0 < right < _EXACT:
            return left % right
        return number(remainder(left, right)) if right else left
    if op == "/" and not right:
        raise ZeroDivisionError
    a, b, c, d = *ratio(left), *ratio(right)
    match op:
        case "+" | "-":
            return number(rounded(a * d + (c * b if op == "+" else -c * b), b * d))
        case "*":
            return number(rounded(a * c, b * d))
        case _:
            return number(rounded(a * d if c > 0 else -a * d, b * abs(c)))


COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
OPERANDS: dict[str, tuple[Type | None, type]] = {
    **dict.fromkeys(("==", "!="), (None, str)),
    **dict.fromkeys(("&&", "||"), (BOOL, bool)),
    **dict.fromkeys(("+", "-", "*", "/", "%", *COMPARISONS), (NUMBER, int)),
}
"""What an operator's operands are converted to (`==` and `!=` take anything), and Python's type for most of them."""
QUICK: dict[str, Callable[[Any, Any], bool]] = {
    **COMPARISONS,
    "==": operator.eq,
    "!=": operator.ne,
    "&&": operator.and_,
    "||": operator.or_,
}
"""The operators that are Python's own between two operands of that type."""


def advice(whole: Expr, value: Value) -> str:
    """What to write instead where `value` is not an operand of `whole`."""
    match whole.op if isinstance(whole, Unary | Binary) else "", value:
        case "+", str():
            return 'to join texts write "${first}${second}"'
        case "+", TupleValue() | ListValue() | SetValue():
            return "to join lists write concat(first, second)"
        case "+", ObjectValue() | MapValue():
            return "to join maps write merge(first, second)"
        case "&&" | "||" | "!", None | Null() | int() | str() | Decimal():
            return "compare it with something: there is no value that counts as true but true itself"
        case _:
            return ""


def result_type(op: str) -> Type:
    """The type an operator gives."""
    return NUMBER if op in ("+", "-", "*", "/", "%") else BOOL


def apply(op: str, left: Value, right: Value) -> Value:
    """The result of a binary operator on operands that have the operator's type already."""
    if op in ("==", "!="):
        same = equal(left, right)
        return Unknown(BOOL, not_null=True) if same is None else same == (op == "==")
    if isinstance(left, Unknown) or isinstance(right, Unknown):
        return Unknown(result_type(op), not_null=True)
    if op in ("&&", "||"):
        return bool(left and right) if op == "&&" else bool(left or right)
    if not isinstance(left, int | Decimal) or not isinstance(right, int | Decimal):
        raise TypeError(f"{op} on {left!r} and {right!r}")
    return COMPARISONS[op](left, right) if op in COMPARISONS else arithmetic(op, left, right)
