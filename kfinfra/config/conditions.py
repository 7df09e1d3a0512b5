"""Conditions of resources and data: what must hold before one is planned or changed, and what must hold of it afterwards.

What is not known yet is asked again later: before the change, after it, or at the end of the apply.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.hcl.access import friendly
from kfinfra.hcl.evaluate import Evaluator, Scope, evaluate
from kfinfra.hcl.nodes import Expr
from kfinfra.values.data import Unknown, Value
from kfinfra.values.marks import unmark

CONDITIONS = ("precondition", "postcondition")
_ARGUMENTS = ("condition", "error_message")


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and the message for when it does not hold."""

    block: Declared
    condition: Expr
    message: Expr

    def failures(self, scope: Scope, summary: str) -> Iterator[Diagnostic]:
        """What is wrong where it does not hold, or cannot be worked out; nothing where it holds or is not known yet."""
        source = self.block.source
        try:
            held, _ = unmark(evaluate(self.condition, scope, source))
            if isinstance(held, Unknown) or held is True:
                return
            if held is not False:
                what = "null" if held is None else friendly(held)
                place = self.block.expr_span(self.condition)
                yield error("Invalid condition result", f"A condition is true or false, not {what}.", place)
                return
            Evaluator(scope, source).fail(self.condition, summary, _said(evaluate(self.message, scope, source)))
        except DiagnosticError as problem:
            yield from problem.diagnostics


def read_rule(block: Declared, what: str) -> Rule:
    """The rule that a block writes out; `what` is its kind with an article. Raises DiagnosticError with all that is wrong."""
    found: list[Diagnostic] = []
    for attribute in block.block.body.attributes:
        if attribute.name not in _ARGUMENTS:
            detail = f'An argument named "{attribute.name}" is not expected here.{did_you_mean(attribute.name, _ARGUMENTS)}'
            found.append(error("Unsupported argument", detail, block.name_span(attribute)))
    for inner in block.block.body.blocks:
        found.append(error("Unsupported block type", f'{what} has no "{inner.type}" block.', block.inner(inner).span))
    condition, message = (block.attribute(name) for name in _ARGUMENTS)
    if condition is None:
        found.append(error("Missing required argument", f'{what} needs "condition".', block.span))
    if message is None:
        found.append(error("Missing required argument", f'{what} needs "error_message".', block.span))
    if found or condition is None or message is None:
        raise DiagnosticError(found)
    return Rule(block, condition.expr, message.expr)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What a block's `lifecycle` asks of each of its instances."""

    before: tuple[Rule, ...] = ()
    after: tuple[Rule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.before or self.after)


def read_conditions(lifecycle: Declared) -> Conditions:
    """The conditions in a `lifecycle` block. Raises DiagnosticError with all that is wrong with them."""
    rules: dict[str, list[Rule]] = {kind: [] for kind in CONDITIONS}
    found: list[Diagnostic] = []
    for inner in (b for b in lifecycle.block.body.blocks if b.type in CONDITIONS):
        try:
            rules[inner.type].append(read_rule(lifecycle.inner(inner), f"A {inner.type}"))
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    if found:
        raise DiagnosticError(found)
    return Conditions(tuple(rules["precondition"]), tuple(rules["postcondition"]))


def failed_preconditions(conditions: Conditions, scope: Scope) -> Iterator[Diagnostic]:
    """Those that do not hold."""
    for rule in conditions.before:
        yield from rule.failures(scope, "Resource precondition failed")


def failed_postconditions(conditions: Conditions, scope: Scope) -> Iterator[Diagnostic]:
    """Those that do not hold; `scope` knows the object as `self`."""
    for rule in conditions.after:
        yield from rule.failures(scope, "Resource postcondition failed")


def _said(message: Value) -> str:
    bare, marks = unmark(message)
    if marks:
        return "(the message holds a sensitive value)"
    return bare if isinstance(bare, str) else "(the message is not known yet)"
