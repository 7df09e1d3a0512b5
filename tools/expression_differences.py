"""The differences between kfinfra's and Terraform's answers that stay, each with its reason.

A rule asks for what shows the reason: a text that is the same but for it, or what kfinfra told while it worked (`told` holds
that also where a `try` swallowed it). A rule that only asks what the expression looks like would hide what it does not mean.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Protocol


class Said(Protocol):
    """An answer of one side."""

    @property
    def text(self) -> str: ...
    @property
    def error(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def told(self) -> str: ...


def accepted(expression: str, theirs: Said, ours: Said) -> str:
    """Why this difference stays; `` where it does not."""
    return next((reason for reason, holds in REASONS.items() if holds(expression, theirs, ours)), "")


def _null_formatted(_: str, theirs: Said, ours: Said) -> bool:
    return BARE_NULL in ours.told and not theirs.error


def _crash(_: str, theirs: Said, ours: Said) -> bool:
    return any(word in theirs.detail + theirs.error for word in ("goroutine", "Error: panic", "TERRAFORM CRASH"))


def _negative_zero(_: str, theirs: Said, ours: Said) -> bool:
    return _both_values(theirs, ours) and _ZERO.sub("0", theirs.text) == _ZERO.sub("0", ours.text)


def _kept_marks(expression: str, theirs: Said, ours: Said) -> bool:
    unsure = "var.u" in expression or ours.told or re.search(r"merge\(.*null", expression)
    return bool(unsure) and _both_values(theirs, ours) and any(m in ours.text and m not in theirs.text for m in SECRET)


def unsigned(expression: str) -> str:
    """The expression without negative zeros, for what is made of their text: Terraform is asked that, too."""
    return re.sub(r"-(\(*0(?![\d.]))", r"\1", expression)


def _infinite(expression: str, theirs: Said, ours: Said) -> bool:
    named = '"inf"' in expression and "a number is required" in ours.told
    return named or "Inf" in theirs.text or any(word in ours.told for word in _INFINITE)


def _outside(_: str, theirs: Said, ours: Said) -> bool:
    return _OUTSIDE.search(ours.told) is not None and not theirs.error


def _all_addresses(expression: str, theirs: Said, ours: Said) -> bool:
    return re.search(r'cidrsubnets\(\W*"0\.0\.0\.0/0"', expression) is not None and not ours.error


def _one_by_one(_: str, theirs: Said, ours: Said) -> bool:
    return "element types must all match for conversion to list" in theirs.detail and not ours.error


def _passed_over(expression: str, theirs: Said, ours: Said) -> bool:
    return "coalesce(" in expression and "the arguments have no common type" in ours.told


def _rounded(expression: str, theirs: Said, ours: Said) -> bool:
    near = _close(theirs.text, ours.text, 1e-9 if "%" in expression else 0)
    return _both_values(theirs, ours) and _ROUNDED.search(expression) is not None and near


def _at_once(expression: str, theirs: Said, ours: Said) -> bool:
    waits = "var.u" in expression or re.search(r"\bfor\b.*\bif\b", expression, re.S)  # a condition is tried with anything
    early = waits and not theirs.error and any(word in ours.told for word in _EARLY)
    return bool(early) and (ours.error != "" or UNKNOWN in theirs.text)


BARE_NULL = "a bare null is formatted"
NO_NEGATIVE_ZERO = "there is no negative zero"
REASONS: dict[str, Callable[[str, Said, Said], bool]] = {
    "terraform crashes": _crash,
    "format with a null that has no type stays unknown in Terraform, even after apply": _null_formatted,
    NO_NEGATIVE_ZERO: _negative_zero,
    "infinity is an error": _infinite,
    "what is unknown, fails or is null keeps its marks, which Terraform loses": _kept_marks,
    "cidrsubnet and cidrhost with a number outside the prefix are errors": _outside,
    "cidrsubnets divides all addresses, too": _all_addresses,
    "beside a list of any type cty converts a tuple's elements one by one, whatever they have in common": _one_by_one,
    "coalesce of what cannot be converted is an error; Terraform passes over it": _passed_over,
    "what functions of numbers give is worked on with 512 bits; Terraform keeps their 53 or 64": _rounded,
    "a mistake that does not depend on what is not known is told at once": _at_once,
}
SECRET = ("(sensitive value)", "(ephemeral value)")
UNKNOWN = "(known after apply)"
_ZERO = re.compile(r"-0(?!\.)")
"""No other number is written so: before a digit it is a text of two."""
_INFINITE = ("Division by zero", "is not a finite number", ".inf", "the logarithm of", "cannot take the logarithm of 0")
_OUTSIDE = re.compile(
    r"insufficient address space to extend prefix of \d+ by -|does not accommodate a (subnet numbered -|host numbered)"
)
_EARLY = ("Incorrect condition type", "Invalid template interpolation value")
_ROUNDED = re.compile(r"(pow|log|length|parseint|ceil|floor|signum|abs|index|timecmp|yamldecode)\(|\bfor \w+, ")
"""Where numbers have fewer bits in Terraform: what functions work out or count, and the places that `for` counts. What they
are divided by may have more, but a remainder has those of its left side.
"""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _both_values(theirs: Said, ours: Said) -> bool:
    return not theirs.error and not ours.error


def _close(told: str, said: str, least: float) -> bool:
    """Whether two texts are the same but for the last digits of their numbers, which are `least` where they are remainders."""
    ours, theirs = _NUMBER.findall(said), _NUMBER.findall(told)
    same = _NUMBER.sub("0", told) == _NUMBER.sub("0", said) and len(ours) == len(theirs)
    return same and all(abs(float(a) - float(b)) <= max(1e-9 * abs(float(b)), least) for a, b in zip(ours, theirs, strict=True))
