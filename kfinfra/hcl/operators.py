"""Arithmetic, comparison and logic on values without marks. Unknown operands give unknown results."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from kfinfra.values.data import Unknown, Value
from kfinfra.values.numbers import CONTEXT, number
from kfinfra.values.operations import equal
from kfinfra.values.types import BOOL, NUMBER, Type

Number = int | Decimal


def arithmetic(op: str, left: Number, right: Number) -> Number:
    """`left op right` for + - * / %. Raises ZeroDivisionError, and ValueError for results too large."""
    if isinstance(left, int) and isinstance(right, int) and op in "+-*":
        return left + right if op == "+" else left - right if op == "-" else left * right
    a, b = Decimal(left), Decimal(right)
    if op in "/%" and b == 0:
        raise ZeroDivisionError
    if op == "%":
        whole = CONTEXT.divide(a, b).to_integral_value("ROUND_DOWN", CONTEXT)
        return number(CONTEXT.subtract(a, CONTEXT.multiply(whole, b)))
    steps = {"+": CONTEXT.add, "-": CONTEXT.subtract, "*": CONTEXT.multiply, "/": CONTEXT.divide}
    return number(steps[op](a, b))


COMPARISONS: dict[str, Callable[[Number, Number], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def operand_type(op: str) -> Type | None:
    """What an operator's operands are converted to; None for `==` and `!=`, which take anything."""
    if op in ("==", "!="):
        return None
    return BOOL if op in ("&&", "||", "!") else NUMBER


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
