"""Arithmetic as cty does it: binary floating point with 512 bits, so that `1/3*3` is 1 here as it is in Terraform.

Between operations a number stays what Terraform prints: the shortest decimal that stands for those 512 bits.
"""

from __future__ import annotations

from decimal import Context, Decimal

BITS = 512
_SURE_DIGITS = 153  # as many decimal digits survive a way through 512 bits; 157 tell any two numbers apart


class Double(Decimal):
    """A number that a function has worked out in 64-bit floating point (log, pow): written short, worked on exactly."""


Number = int | Decimal


def ratio(value: Number) -> tuple[int, int]:
    """A number's exact numerator and denominator: those of its bits, not of its decimal digits."""
    if isinstance(value, int):
        return value, 1
    if isinstance(value, Double):
        return float(value).as_integer_ratio()
    mantissa, exponent = _rounded(*value.as_integer_ratio())
    return (mantissa << exponent, 1) if exponent >= 0 else (mantissa, 1 << -exponent)


def rounded(numerator: int, denominator: int = 1) -> Number:
    """The number nearest to a fraction."""
    if denominator == 1 and numerator.bit_length() <= BITS:
        return numerator
    return _shortest(*_rounded(numerator, denominator))


def _rounded(numerator: int, denominator: int) -> tuple[int, int]:
    """Mantissa (512 bits, or 0) and exponent of two, rounded half to even."""
    if numerator < 0:
        mantissa, exponent = _rounded(-numerator, denominator)
        return -mantissa, exponent
    if not numerator:
        return 0, 0
    shift = BITS + 2 + denominator.bit_length() - numerator.bit_length()
    quotient, rest = divmod(numerator << max(shift, 0), denominator << max(-shift, 0))
    extra = quotient.bit_length() - BITS
    low, half = quotient & ((1 << extra) - 1), 1 << (extra - 1)
    mantissa = quotient >> extra
    if low > half or (low == half and (rest or mantissa & 1)):
        mantissa += 1
        if mantissa.bit_length() > BITS:
            mantissa, extra = mantissa >> 1, extra + 1
    return mantissa, extra - shift


def _shortest(mantissa: int, exponent: int) -> Number:
    """The decimal with the fewest digits that rounds to these bits."""
    zeros = (mantissa & -mantissa).bit_length() - 1 if mantissa else 0
    bits, power = mantissa >> zeros, exponent + zeros
    if power >= 0 and (bits << power).bit_length() <= BITS:
        return bits << power
    exact = Decimal(bits << power) if power >= 0 else Decimal(bits * 5**-power).scaleb(power, _EXACT)
    for digits in range(_SURE_DIGITS, _SURE_DIGITS + 5):
        found = Context(prec=digits).plus(exact)
        if _rounded(*found.as_integer_ratio()) == (mantissa, exponent):
            break
    return int(found) if found == found.to_integral_value() else found.normalize(Context(prec=digits))


_EXACT = Context(prec=20000)


def remainder(left: Number, right: Number) -> Number:
    """`left % right`, its sign that of `left`, rounded where cty rounds."""
    a, b, c, d = *ratio(left), *ratio(right)
    quotient, divisor = ratio(rounded(a * d * (1 if c > 0 else -1), b * c * (1 if c > 0 else -1)))
    whole = abs(quotient) // divisor * (1 if quotient >= 0 else -1)
    taken, over = ratio(rounded(whole * c, d))
    return rounded(a * over - taken * b, b * over)
