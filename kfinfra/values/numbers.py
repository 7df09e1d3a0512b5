"""Numbers as HCL has them: an int when integral, else the shortest Decimal of cty's 512 bits. Floats never enter."""

from __future__ import annotations

from decimal import Context, Decimal, InvalidOperation

from kfinfra.values.floats import BITS, Double, rounded

_SURE_DIGITS = 153
_DIGITS = Context(prec=_SURE_DIGITS)
_LARGEST_EXPONENT = 5000


def number(value: Decimal | int | float) -> int | Decimal:
    """The normal form of a number. Raises ValueError for NaN, infinities and numbers too large to be written out."""
    if isinstance(value, int):
        return value if value.bit_length() <= BITS else rounded(value)
    exact = Double(repr(value)) if isinstance(value, float) else value
    if not exact.is_finite() or exact.adjusted() > _LARGEST_EXPONENT:
        raise ValueError("the number is too large")
    if exact == exact.to_integral_value():
        return number(int(exact))
    if isinstance(exact, Double):
        return exact
    return exact.normalize(_DIGITS) if len(exact.as_tuple().digits) <= _SURE_DIGITS else rounded(*exact.as_integer_ratio())


def parse_number(text: str) -> int | Decimal:
    """The number that `text` spells. Raises ValueError when it spells none."""
    if len(text) < 18 and text.isascii() and text.isdigit():
        return int(text)
    if "_" in text or not text.isascii() or text != text.strip():
        raise ValueError(f"{text!r} is not a number")
    try:
        return number(Decimal(text))
    except InvalidOperation as bad:
        raise ValueError(f"{text!r} is not a number") from bad


def number_text(value: int | Decimal) -> str:
    """A number as a string conversion gives it: no exponent."""
    return str(value) if isinstance(value, int) else format(value, "f")
