"""Kubernetes quantities (`500m`, `1.5Gi`, `2e3`) as exact numbers: what schemas compare and checks refuse.

The grammar and the canonical form are those of k8s.io/apimachinery/pkg/api/resource/quantity.go. Stricter than most parsers
on purpose: no blanks, no underscores, no lower-case `ki`; what is refused here the API server refuses too.
"""

from __future__ import annotations

import re
from fractions import Fraction

_GRAMMAR = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]+)?")
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_MOST_DIGITS, _MOST_EXPONENT = 40, 30


def parse(text: str) -> Fraction:
    """The exact number of a quantity. Raises ValueError, with a sentence, where `text` is none."""
    found = _GRAMMAR.fullmatch(text)
    if not found:
        raise ValueError(f'"{text}" is no quantity such as 500m, 2 or 1.5Gi{_why(text)}')
    if len(found[1]) > _MOST_DIGITS:
        raise ValueError(f"a quantity of {len(found[1])} digits is longer than any that Kubernetes can hold")
    return Fraction(found[1]) * _factor(text, found[2] or "")


def _factor(text: str, suffix: str) -> Fraction:
    if suffix in _BINARY:
        return Fraction(1024 ** _BINARY[suffix])
    exponent = _DECIMAL[suffix] if suffix in _DECIMAL else int(suffix[1:])
    if abs(exponent) > _MOST_EXPONENT:
        raise ValueError(f'the exponent of "{text}" is beyond what Kubernetes can hold')
    return Fraction(10) ** exponent


def _why(text: str) -> str:
    if any(c.isspace() or c == "_" for c in text):
        return ": it holds a blank or an underscore"
    if re.search(r"[KMGTPE]i?[bB]$|[kmgtpe]i$", text):
        return ": the suffixes are n u m k M G T P E and Ki Mi Gi Ti Pi Ei"
    if text.endswith("K"):
        return ": thousands are a small k, 1024s are Ki"
    return ""


def same(old: str, new: str) -> bool:
    """Whether two quantities are the same number; texts that are none are equal only where they are spelled alike."""
    try:
        return parse(old) == parse(new)
    except ValueError:
        return old == new


def canonical(text: str) -> str:
    """The quantity with the largest suffix that needs no fraction, binary where it was written so (`1024Mi` is `1Gi`).

    Exponents become suffixes; what is finer than nano is rounded up, as the server does. Raises ValueError as `parse` does.
    """
    value = parse(text)
    if text[-1:] == "i" and value.denominator == 1:
        return _binary(value.numerator)
    nano = -(-value.numerator * 10**9 // value.denominator)
    for suffix, exponent in reversed(_DECIMAL.items()):
        if nano % 10 ** (exponent + 9) == 0 and nano:
            return f"{nano // 10 ** (exponent + 9)}{suffix}"
    return "0"


def _binary(value: int) -> str:
    for suffix, power in reversed(_BINARY.items()):
        if value and value % 1024**power == 0:
            return f"{value // 1024**power}{suffix}"
    return str(value)
