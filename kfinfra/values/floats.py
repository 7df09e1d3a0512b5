"""Arithmetic as cty does it: binary floating point with 512 bits, so that `1/3*3` is 1 here as it is in Terraform.

Between operations a number stays what Terraform prints: the shortest decimal that stands for those 512 bits.
"""

from __future__ import annotations

import math
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
    """`left % right`, its sign that of `left`, rounded where cty rounds: to the 64 bits of a `Double` on the left."""
    a, b, c, d = *ratio(left), *ratio(right)
    if isinstance(left, Double) and isinstance(right, Double):
        quotient, divisor = (float(left) / float(right)).as_integer_ratio()
    else:
        quotient, divisor = ratio(rounded(a * d * (1 if c > 0 else -1), b * c * (1 if c > 0 else -1)))
    whole = abs(quotient) // divisor * (1 if quotient >= 0 else -1)
    if isinstance(left, Double):
        whole = int(float(whole))
        taken, over = (whole * c / d).as_integer_ratio()
        return _double((a * over - taken * b) / (b * over))
    taken, over = ratio(rounded(whole * c, d))
    return rounded(a * over - taken * b, b * over)


def of_doubles(op: str, left: Double, right: Double) -> Number | None:
    """`+`, `-` and `/` of two numbers of 64 bits, which give one again; None for what has more bits."""
    match op:
        case "+":
            return _double(float(left) + float(right))
        case "-":
            return _double(float(left) - float(right))
        case "/":
            return _double(float(left) / float(right))
        case _:
            return None


def _double(value: float) -> Number:
    return int(value) if value == int(value) else Double(repr(value))


def power(base: float, exponent: float) -> float:
    """`base ** exponent` to the last bit as Go has it: squares for the whole part of the exponent, `exp` for the rest.

    Raises ValueError and OverflowError for what is no finite number.
    """
    if not base or not exponent or abs(exponent) in (0.5, math.inf) or abs(exponent) >= 2**63:
        return math.pow(base, exponent)
    rest, whole = math.modf(abs(exponent))
    if rest > 0.5:
        rest, whole = rest - 1, whole + 1
    found, shift, left = math.exp(rest * logarithm(base)) if rest else 1.0, 0, int(whole)
    square, doublings = math.frexp(base)
    while left and abs(doublings) <= 1 << 12:
        if left & 1:
            found, shift = found * square, shift + doublings
        square, doublings = square * square, doublings * 2
        if square < 0.5:
            square, doublings = square * 2, doublings - 1
        left >>= 1
    shift += doublings if left else 0
    return math.ldexp(1 / found if exponent < 0 else found, -shift if exponent < 0 else shift)


_LN2_HIGH, _LN2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
_ODD = (6.666666666666735130e-01, 2.857142874366239149e-01, 1.818357216161805012e-01, 1.479819860511658591e-01)
_EVEN = (3.999999999940941908e-01, 2.222219843214978396e-01, 1.531383769920937332e-01)


def logarithm(value: float) -> float:
    """The natural logarithm to the last bit as Go has it: fdlibm's polynomial (https://www.netlib.org/fdlibm/e_log.c).

    Raises ValueError where there is none.
    """
    if value <= 0:
        raise ValueError(f"{value} has no logarithm")
    fraction, exponent = math.frexp(value)
    if fraction < math.sqrt(0.5):
        fraction, exponent = fraction * 2, exponent - 1
    f = fraction - 1
    s = f / (2 + f)
    z = s * s
    w = z * z
    odd = z * (_ODD[0] + w * (_ODD[1] + w * (_ODD[2] + w * _ODD[3])))
    even = w * (_EVEN[0] + w * (_EVEN[1] + w * _EVEN[2]))
    half = 0.5 * f * f
    return exponent * _LN2_HIGH - ((half - (s * (half + (odd + even)) + exponent * _LN2_LOW)) - f)
