"""Conditions of resources and data: what must hold before one is planned or changed, and what must hold of it afterwards.

What is not known yet is asked again later: before the change, after it, or at the end of the apply. This is the one place
that reads a `condition` with its `error_message` and works it out; outputs and check blocks have it done here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.hcl.access import friendly
from kfinfra.hcl.evaluate import Evaluator, Scope
from kfinfra.hcl.nodes import Expr
from kfinfra.model.checks import Status
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import SENSITIVE, Unknown
from kfinfra.values.marks import SECRET, unmark, unmark_deep
from kfinfra.values.nulls import is_null
from kfinfra.values.types import BOOL, STRING

CONDITIONS = ("precondition", "postcondition")
_ARGUMENTS = ("condition", "error_message")


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition and the message for when it does not hold."""

    block: Declared
    condition: Expr
    message: Expr

    def judged(self, scope: Scope, summary: str) -> tuple[Status, tuple[Diagnostic, ...]]:
        """How it comes out, and what is wrong where it does not hold (under `summary`) or cannot be worked out.

        The message is worked out in any case: what is wrong with it is not told on the day that it is needed.
        """
        evaluator = Evaluator(scope, self.block.source)
        held: bool | None = None
        said, wrong = "", list[Diagnostic]()
        try:
            held = self._held(evaluator)
        except DiagnosticError as problem:
            wrong.extend(problem.diagnostics)
        try:
            said = self._said(evaluator)
        except DiagnosticError as problem:
            wrong.extend(problem.diagnostics)
        if wrong:
            return Status.ERROR, tuple(dict.fromkeys(wrong))
        if held is not False:
            return (Status.PASS if held else Status.UNKNOWN), ()
        try:
            evaluator.fail(self.condition, summary, said)
        except DiagnosticError as problem:
            return Status.FAIL, problem.diagnostics

    def failures(self, scope: Scope, summary: str) -> Iterator[Diagnostic]:
        """What is wrong where it does not hold, or cannot be worked out; nothing where it holds or is not known yet."""
        yield from self.judged(scope, summary)[1]

    def _held(self, evaluator: Evaluator) -> bool | None:
        """Whether it holds, None where that is not known yet. Raises DiagnosticError."""
        found, _ = unmark(evaluator.value(self.condition))
        try:
            held = None if is_null(found) else convert(found, BOOL)
        except ConversionError:
            held = None
        if held is None:
            what = "null" if is_null(found) else friendly(found)
            evaluator.fail(self.condition, "Invalid condition result", f"A condition is true or false, not {what}.")
        return None if isinstance(held, Unknown) else held is True

    def _said(self, evaluator: Evaluator) -> str:
        """The message, as far as it may be shown. Raises DiagnosticError."""
        bare, marks = unmark_deep(evaluator.value(self.message))
        if marks & SECRET:
            return hidden_message(marks)
        try:
            said = None if is_null(bare) else convert(bare, STRING)
        except ConversionError:
            said = None
        if said is None:
            what = "null" if is_null(bare) else friendly(bare)
            evaluator.fail(self.message, "Invalid error message", f"A message is a string, not {what}.")
        return said if isinstance(said, str) else "(the message is not known yet)"


def hidden_message(marks: frozenset[str]) -> str:
    """What stands for a message that may not be shown."""
    return f"(the message holds {'a sensitive' if SENSITIVE in marks else 'an ephemeral'} value)"


def within(d: Diagnostic, address: str, context: str) -> Diagnostic:
    """The message as one of the block at `address`, where it is of nothing else: of what a condition refers to, say."""
    return d if d.address else replace(d, address=address, context=context)


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


def mistakes(block: Declared, what: str) -> Iterator[Diagnostic]:
    """What is wrong with a rule of an output or a check as it is written, also where its condition would not be asked."""
    try:
        rule = read_rule(block, what)
    except DiagnosticError as problem:
        yield from problem.diagnostics
        return
    condition = block.attribute("condition")
    if condition is None or not (condition.names or condition.refers):
        detail = "The condition refers to nothing, so that it checks nothing: it comes out the same whatever is configured."
        yield error(f"Invalid {block.block.type} expression", detail, block.expr_span(rule.condition))


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
