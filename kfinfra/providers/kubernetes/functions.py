"""`provider::kubernetes::…`: arithmetic on quantities, which are texts (`500m`, `16Gi`) that `+` and `<` cannot work on."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from kfinfra.hcl.functions.function import Function, FunctionError, Parameter
from kfinfra.model import quantity
from kfinfra.values.data import Value
from kfinfra.values.floats import ratio, rounded
from kfinfra.values.types import NUMBER, STRING

_UNITS = ("n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")


def _exact(text: str, argument: int) -> Fraction:
    try:
        return quantity.parse(text)
    except ValueError as bad:
        raise FunctionError(str(bad), argument) from bad


def _written(value: Fraction, like: str) -> str:
    """A number as a quantity, with binary suffixes where `like` has one."""
    whole = -(-value.numerator // value.denominator)
    if like[-1:] == "i":
        return quantity.canonical(f"{whole}") if whole % 1024 else quantity.canonical(f"{whole // 1024}Ki")
    nano = -(-value.numerator * 10**9 // value.denominator)
    return quantity.canonical(f"{nano}n")


def _sum(*texts: str) -> Value:
    if not texts:
        return "0"
    total = sum((_exact(text, at) for at, text in enumerate(texts)), Fraction(0))
    return _written(total, next((t for t in texts if t.endswith("i")), texts[0]))


def _multiply(text: str, factor: int | Decimal) -> Value:
    return _written(_exact(text, 0) * Fraction(*ratio(factor)), text)


def _number(text: str, *unit: str) -> Value:
    if len(unit) > 1:
        raise FunctionError("takes a quantity and at most one unit")
    if unit and unit[0] not in ("", *_UNITS):
        raise FunctionError(f'"{unit[0]}" is no suffix of a quantity: {" ".join(_UNITS)}', 1)
    exact = _exact(text, 0) / _exact(f"1{unit[0] if unit else ''}", 1)
    return rounded(exact.numerator, exact.denominator)


FUNCTIONS = (
    Function(
        "provider::kubernetes::quantity_sum",
        (),
        Parameter("quantities", STRING),
        STRING,
        _sum,
        about="The sum of quantities, as a quantity: `500m` and `1` are `1500m`. What a pipeline's tasks ask for.",
    ),
    Function(
        "provider::kubernetes::quantity_multiply",
        (Parameter("quantity", STRING), Parameter("factor", NUMBER)),
        None,
        STRING,
        _multiply,
        about="A quantity times a number: three workers of `16Gi` need `48Gi`; nine tenths of a node's memory.",
    ),
    Function(
        "provider::kubernetes::quantity_number",
        (Parameter("quantity", STRING),),
        Parameter("unit", STRING),
        NUMBER,
        _number,
        about="How many of a unit a quantity is, as a number (without one: cores, bytes): for `<`, `max`, validation.",
    ),
)
