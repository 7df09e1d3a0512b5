"""Functions of numbers."""

from __future__ import annotations

import math
from decimal import Decimal

from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.hcl.operators import arithmetic
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import ListValue, SetValue, TupleValue, Value
from kfinfra.values.floats import logarithm, power
from kfinfra.values.numbers import number
from kfinfra.values.types import NUMBER

Number = int | Decimal
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def whole(value: Value, argument: int) -> int:
    """An argument that must be a whole number. Raises FunctionError."""
    if not isinstance(value, int) or isinstance(value, bool) or not -(2**63) <= value < 2**63:
        raise FunctionError(f"a whole number between {-(2**63)} and {2**63 - 1} is required", argument)
    return value


def integer(value: Value, argument: int) -> int:
    """An argument that must be a whole number, of any size. Raises FunctionError."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise FunctionError("a whole number is required", argument)
    return value


def _log(num: Number, base: Number) -> Value:
    try:
        return number(logarithm(float(num)) / logarithm(float(base))) if num else _bad("cannot take the logarithm of 0")
    except (ValueError, ZeroDivisionError, OverflowError) as bad:
        raise FunctionError(f"the logarithm of {num} to base {base} is not a number") from bad


def _bad(message: str) -> Value:
    raise FunctionError(message)


def _pow(num: Number, exponent: Number) -> Value:
    try:
        return number(power(float(num), float(exponent)))
    except (ValueError, OverflowError) as bad:
        raise FunctionError(f"{num} to the power of {exponent} is not a finite number") from bad


def _parseint(text: Value, base: Value) -> Value:
    if not isinstance(text, str):
        raise FunctionError("first argument must be a string, not number", 0)
    radix = whole(base, 1)
    if not 2 <= radix <= 62:
        raise FunctionError("base must be a whole number between 2 and 62 inclusive", 1)
    body = text[1:] if text[:1] in ("-", "+") else text
    digits = body.lower() if radix <= 36 else body
    places = [_DIGITS.find(c) for c in digits]
    if not places or any(not 0 <= p < radix for p in places):
        raise FunctionError(f'cannot parse "{text}" as a base {radix} integer', 0)
    out = 0
    for place in places:
        out = out * radix + place
    return -out if text[0] == "-" else out


def _range(*args: Number) -> Value:
    if not 1 <= len(args) <= 3:
        raise FunctionError("must have one, two, or three arguments")
    start, end = (0, args[0]) if len(args) == 1 else (args[0], args[1])
    step = args[2] if len(args) == 3 else (1 if end >= start else -1)
    if step == 0 and start != end:
        raise FunctionError("step must not be zero")
    if (end < start and step > 0) or (end > start and step < 0):
        raise FunctionError("the step goes away from the end value")
    out: list[Value] = []
    at: Number = start
    while (at < end) if step > 0 else (at > end):
        if len(out) >= 1024:
            raise FunctionError("more than 1024 values were generated; either decrease the difference or use a smaller step")
        out.append(at)
        at = arithmetic("+", at, step)
    return ListValue(NUMBER, tuple(out))


def _sum(values: Value) -> Value:
    if not isinstance(values, TupleValue | ListValue | SetValue):
        raise FunctionError("argument must be list, set, or tuple", 0)
    if not values.items:
        raise FunctionError("cannot sum an empty list", 0)
    total: Number = 0
    for item in values.items:
        try:
            added = convert(item, NUMBER)
        except ConversionError as bad:
            raise FunctionError("argument must be list, set, or tuple of number values", 0) from bad
        if not isinstance(added, int | Decimal):
            raise FunctionError("argument must be list, set, or tuple of number values", 0)
        total = arithmetic("+", total, added)
    return total


def _extreme(pick: str, args: tuple[Number, ...]) -> Value:
    if not args:
        raise FunctionError("must pass at least one number")
    return max(args) if pick == "max" else min(args)


FUNCTIONS: dict[str, Implementation] = {
    "abs": lambda n: abs(n) if isinstance(n, int) else n.copy_abs(),
    "ceil": lambda n: math.ceil(n),
    "floor": lambda n: math.floor(n),
    "log": _log,
    "pow": _pow,
    "signum": lambda n: (whole(n, 0) > 0) - (n < 0),
    "parseint": _parseint,
    "range": _range,
    "sum": _sum,
    "max": lambda *a: _extreme("max", a),
    "min": lambda *a: _extreme("min", a),
}
