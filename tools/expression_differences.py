"""The differences between kfinfra's and Terraform's answers that stay, each with its reason."""

from __future__ import annotations

import re
from typing import Protocol


class Said(Protocol):
    """An answer of one side."""

    @property
    def text(self) -> str: ...
    @property
    def error(self) -> str: ...
    @property
    def detail(self) -> str: ...


def accepted(expression: str, theirs: Said, ours: Said) -> str:
    """Why this difference stays; `` where it does not."""
    told, said = _NULL.sub("null", theirs.text), _NULL.sub("null", ours.text)
    if told == said and not theirs.error and not ours.error:
        return "a null has no type of its own: the console prints null for tostring(null)"
    if "format" in expression and "null" in expression and "(known after apply)" in told:
        return "format with a null that has no type stays unknown in Terraform, even after apply"
    if any(word in theirs.detail + theirs.error for word in ("goroutine", "Error: panic", "TERRAFORM CRASH")):
        return "terraform crashes"
    if not theirs.error and not ours.error and (_ZERO.sub("0", told) == _ZERO.sub("0", said) or told.replace("-0", "0") == said):
        return "there is no negative zero"
    if "Inf" in told or ours.error == "Division by zero" or "is not a finite number" in ours.detail or ".inf" in ours.detail:
        return "infinity is an error"
    hidden = "pow(" in expression and "a sensitive value is involved" in ours.detail
    if "Division by zero" in ours.detail or hidden:  # inside a try, or of something that is not shown
        return "infinity is an error"
    if "the logarithm of" in ours.detail or '"inf"' in expression or "cannot take the logarithm of 0" in ours.detail:
        return "infinity is an error"
    if "coalesce(" in expression and "null" in expression and bool(theirs.error) != bool(ours.error):
        return "a bare null among coalesce's arguments leaves the others unconverted"
    if "coalesce(" in expression and "null" in expression and _WRAPPED.sub("", told) == _WRAPPED.sub("", said):
        return "a bare null among coalesce's arguments leaves the others unconverted"
    if "format(" in expression and "null" in expression and "a sensitive value is involved" in ours.detail:
        return "format with a null that has no type stays unknown in Terraform, even after apply"
    if any(f in expression for f in ("setunion", "setsubtract", "setintersection", "chunklist")) and theirs.error:
        return "empty collections and tuples of other lengths have a common type"
    if "yamlencode" in expression and "? |" in told:
        return "yamlencode quotes a key of several lines"
    if "setproduct" in expression and sorted(told.split("\n")) == sorted(said.split("\n")):
        return "a null comes first in a set of tuples"
    if "null value cannot be formatted" in ours.detail:
        return "format with a null that has no type stays unknown in Terraform, even after apply"
    if "cidrhost" in expression and "a whole number between" in ours.detail:
        return "cidrhost of a number beyond the prefix is an error"
    if "cidrsubnet" in expression and "-" in expression and "try" in expression:
        return "cidrsubnet with a negative number is an error"
    if "log(" in expression and ours.error and not theirs.error:
        return "infinity is an error"
    if not ours.error and not theirs.error and re.search(r"-\(?0(?![\d.])", expression) and "sha" in expression:
        return "there is no negative zero"
    if 'jsondecode("-0")' in expression:
        return "there is no negative zero"
    if "the arguments have no common type" in ours.detail:
        return "coalesce of what has no common type is an error; Terraform passes over it"
    if _COUNTING.search(expression) and not theirs.error and not ours.error and _close(told, said):
        return "what functions of numbers give is worked on with 512 bits; Terraform keeps their 53 or 64"
    if re.search(r"(pow|log)\(.*%", expression) and _NUMBER.sub("0", told) == _NUMBER.sub("0", said):
        return "a remainder of what pow or log gives is of other bits"
    sets = "local.st" in expression or "set" in expression
    if sets and "coalesce(" in expression and not ours.error and not theirs.error:
        return "coalesce converts a set to a list; Terraform passes over it"
    if "cidrsubnet" in expression and ours.error and not theirs.error:
        return "cidrsubnet with a negative number is an error"
    if "0.0.0.0/0" in expression and "not enough remaining address space" in theirs.detail:
        return "cidrsubnets divides all addresses, too"
    if theirs.error and not ours.error and "var.u" in expression:
        return "an argument whose value is not known yet is checked when it is"
    if theirs.error and ("(known after apply)" in said or "(sensitive value)" in said):
        return "an argument whose value is not known yet is checked when it is"
    early = ("Incorrect condition type", "Invalid template interpolation value", "Invalid object key")
    waits = "var.u" in expression and not theirs.error and ("(known after apply)" in told or "(sensitive value)" in told)
    in_vain = "var.u" in expression and not theirs.error  # where an index or a condition leaves it out of the answer
    if ours.error and (waits or (ours.error in early and ("(known after apply)" in told or in_vain))):
        return "a mistake that does not depend on what is not known is told at once"
    if "var.u" in expression and "(known after apply)" in (told + said) and not ours.error and not theirs.error:
        return "one side knows more of a value that is not known yet"
    if ("?" in expression or "%{ if" in expression) and not ours.error:
        if theirs.error == "Inconsistent conditional result types":
            return "a branch that is not taken and cannot be evaluated has no type"
        if _WRAPPED.sub("", told) == _WRAPPED.sub("", said):
            return "a branch that is not taken and cannot be evaluated has no type"
        if "(sensitive value)" in told and "(sensitive value)" not in said:
            return "a branch that is not taken and cannot be evaluated has no marks"
    return ""


_NULL = re.compile(r"to(string|number|bool)\(null\)|to(list|set|map)\(null\) /\* of [a-z ]+ \*/|null /\* [a-z ]+ \*/")
_ZERO = re.compile(r"-?0(?![\d.])")
_WRAPPED = re.compile(r"to(list|set|map)\(|[\")]")
_COUNTING = re.compile(r"(pow|log|length|parseint|ceil|floor|signum|abs)\(")
"""Functions whose numbers have fewer bits in Terraform."""
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def _close(told: str, said: str) -> bool:
    """Whether two texts are the same but for the last digits of their numbers."""
    ours, theirs = _NUMBER.findall(said), _NUMBER.findall(told)
    same = _NUMBER.sub("0", told) == _NUMBER.sub("0", said) and len(ours) == len(theirs)
    return same and all(abs(float(a) - float(b)) <= 1e-9 * abs(float(b)) for a, b in zip(ours, theirs, strict=True))
