"""How a block repeats: count and for_each, for resources, modules and imports alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from kfinfra.config.module import Declared
from kfinfra.diag import DiagnosticError, SourceText, error, undecided
from kfinfra.hcl.access import friendly
from kfinfra.hcl.nodes import Expr
from kfinfra.model.address import Key
from kfinfra.values.data import (
    EPHEMERAL,
    SENSITIVE,
    ListValue,
    MapValue,
    Marked,
    ObjectValue,
    SetValue,
    TupleValue,
    Unknown,
    Value,
)
from kfinfra.values.marks import wholly_known
from kfinfra.values.numbers import number_text
from kfinfra.values.types import BOOL, NUMBER, STRING, type_name

MOST = 100_000
"""The instances of one block: more are a slip (a size for a number), and would take hours to plan and gigabytes to hold."""


class Evaluates(Protocol):
    """What gives an expression its value."""

    def evaluate(self, expr: Expr, source: SourceText, extra: Mapping[str, Value] | None = None) -> Value:
        """The value of `expr`. Raises DiagnosticError."""
        ...


@dataclass(frozen=True, slots=True)
class Repetition:
    """How a block repeats and its instances: key to the names its expressions see besides the others.

    `is_known`: nothing in them is known only after apply, so that they need not be worked out again.
    """

    how: str
    extra: Mapping[Key, Mapping[str, Value]]
    is_known: bool = True


_ONCE = Repetition("", {None: {}})


def repetition(block: Declared, evaluation: Evaluates) -> Repetition:
    """The block's instances. Raises DiagnosticError where count or for_each is unknown, sensitive or of a wrong type."""
    count, for_each = block.attribute("count"), block.attribute("for_each")
    if count is not None and for_each is not None:
        raise DiagnosticError(
            error("Invalid combination", '"count" and "for_each" exclude each other.', block.name_span(for_each))
        )
    if count is not None:
        return _count(block, count.expr, evaluation)
    if for_each is not None:
        return repeated_for_each(block, for_each.expr, evaluation)
    return _ONCE


def sampled(block: Declared) -> Repetition:
    """One instance without a key, which stands for all that there may be: nothing is known of its `each` or `count`."""
    if block.attribute("count") is not None:
        return Repetition("count", {None: {"count": ObjectValue({"index": Unknown(NUMBER)})}})
    if block.attribute("for_each") is not None:
        return Repetition("for_each", {None: {"each": ObjectValue({"key": Unknown(STRING), "value": Unknown()})}})
    return Repetition("", {None: {}})


def _count(block: Declared, expr: Expr, evaluation: Evaluates) -> Repetition:
    value = needed_value(evaluation.evaluate(expr, block.source), "count", block, expr)
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        what = number_text(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else friendly(value)
        detail = f"A whole number, zero or more, is required, not {what}."
        raise DiagnosticError(error("Invalid count argument", detail, block.expr_span(expr)))
    _check_number(value, "count", block, expr)
    return Repetition("count", {i: {"count": ObjectValue({"index": i})} for i in range(value)})


def repeated_for_each(block: Declared, expr: Expr, evaluation: Evaluates) -> Repetition:
    """The instances of a for_each. Raises DiagnosticError."""
    value = needed_value(evaluation.evaluate(expr, block.source), "for_each", block, expr)
    match value:
        case ObjectValue(items) | MapValue(items=items):
            pairs = sorted(items.items())
        case SetValue(items=things) if any(isinstance(v, Unknown) for v in things):
            detail = "Elements of this set are known only after apply, and each is the key of an instance."
            hint = "use a map whose keys are known, with what is not known yet in its values"
            raise DiagnosticError(undecided("Invalid for_each argument", detail, block.expr_span(expr), hint=hint))
        case SetValue(items=things) if all(isinstance(v, str) for v in things):
            pairs = [(str(v), v) for v in things]
        case TupleValue() | ListValue():
            hint = "turn the list into a set of strings: toset([…])"
            detail = "A map, an object or a set of strings is required, not a list."
            raise DiagnosticError(error("Invalid for_each argument", detail, block.expr_span(expr), hint=hint))
        case SetValue(element=element):
            detail = f"A map, an object or a set of strings is required, not a set of {type_name(element)}."
            hint = (
                "write: toset([for x in … : tostring(x)])"
                if element in (NUMBER, BOOL)
                else "make a map of it: { for x in … : x.name => x }"
            )
            raise DiagnosticError(error("Invalid for_each argument", detail, block.expr_span(expr), hint=hint))
        case _:
            detail = f"A map, an object or a set of strings is required, not {friendly(value)}."
            raise DiagnosticError(error("Invalid for_each argument", detail, block.expr_span(expr)))
    _check_number(len(pairs), "for_each", block, expr)
    each: dict[Key, Mapping[str, Value]] = {k: {"each": ObjectValue({"key": k, "value": v})} for k, v in pairs}
    return Repetition("for_each", each, all(wholly_known(v) for _, v in pairs))


def _check_number(wanted: int, name: str, block: Declared, expr: Expr) -> None:
    if wanted > MOST:
        detail = f"{wanted:,} instances are wanted; one block has {MOST:,} at most."
        raise DiagnosticError(error(f"Invalid {name} argument", detail, block.expr_span(expr)))


def needed_value(value: Value, name: str, block: Declared, expr: Expr, of: str = "") -> Value:
    """A value that must be known, shown in addresses and not null; `of` says whose argument it is. Raises DiagnosticError."""
    span = block.expr_span(expr)
    if isinstance(value, Marked):
        if EPHEMERAL in value.marks:
            detail = f'An ephemeral value cannot be used for "{name}": it is kept nowhere, and may be another one in the apply.'
            raise DiagnosticError(error(f"Invalid {of}{name} argument", detail, span))
        if SENSITIVE in value.marks:
            detail = f'A sensitive value cannot be used for "{name}": it would be shown in every address.'
            raise DiagnosticError(error(f"Invalid {of}{name} argument", detail, span))
        value = value.value
    if isinstance(value, Unknown):
        hint = "derive it from variables or locals, or apply what it depends on first with -target"
        detail = f'"{name}" depends on values that are known only after apply.'
        raise DiagnosticError(undecided(f"Invalid {of}{name} argument", detail, span, hint=hint))
    if value is None:
        raise DiagnosticError(error(f"Invalid {of}{name} argument", f'"{name}" is null.', span))
    return value
