"""Preconditions: what must hold before a resource is planned, or, where it is known then only, before it is changed."""

from __future__ import annotations

from collections.abc import Iterator

from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.hcl.access import friendly
from kfinfra.hcl.evaluate import Scope, evaluate
from kfinfra.values.data import Unknown, Value
from kfinfra.values.marks import unmark

_ARGUMENTS = ("condition", "error_message")


def failed_preconditions(block: Declared, scope: Scope) -> Iterator[Diagnostic]:
    """What is wrong with the preconditions in a resource's `lifecycle` block, and which of them do not hold."""
    for lifecycle in (b for b in block.block.body.blocks if b.type == "lifecycle"):
        for inner in (b for b in lifecycle.body.blocks if b.type == "precondition"):
            rule = block.inner(inner)
            written = list(_written(rule))
            yield from written
            if not written:
                yield from _failed(rule, scope)


def _written(rule: Declared) -> Iterator[Diagnostic]:
    for attribute in rule.block.body.attributes:
        if attribute.name not in _ARGUMENTS:
            detail = f'An argument named "{attribute.name}" is not expected here.{did_you_mean(attribute.name, _ARGUMENTS)}'
            yield error("Unsupported argument", detail, rule.name_span(attribute))
    for name in _ARGUMENTS:
        if rule.attribute(name) is None:
            yield error("Missing required argument", f'A precondition needs "{name}".', rule.span)
    for inner in rule.block.body.blocks:
        yield error("Unsupported block type", f'A precondition has no "{inner.type}" block.', rule.inner(inner).span)


def _failed(rule: Declared, scope: Scope) -> Iterator[Diagnostic]:
    condition, message = rule.attribute("condition"), rule.attribute("error_message")
    assert condition is not None and message is not None
    place = rule.expr_span(condition.expr)
    try:
        held, _ = unmark(evaluate(condition.expr, scope, rule.source))
        if isinstance(held, Unknown) or held is True:
            return
        if held is not False:
            what = "null" if held is None else friendly(held)
            yield error("Invalid condition result", f"A condition is true or false, not {what}.", place)
            return
        yield error("Resource precondition failed", _said(evaluate(message.expr, scope, rule.source)), place)
    except DiagnosticError as problem:
        yield from problem.diagnostics


def _said(message: Value) -> str:
    bare, marks = unmark(message)
    if marks:
        return "(the message holds a sensitive value)"
    return bare if isinstance(bare, str) else "(the message is not known yet)"
