"""The `timeouts` block: read once for a block of resources, and worked out for each of its instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from kfinfra.config.constants import constant
from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.hcl.nodes import Attribute, Expr
from kfinfra.model.durations import seconds
from kfinfra.values.data import Unknown, Value
from kfinfra.values.marks import unmark

NAMES = ("create", "update", "delete")


@dataclass(frozen=True, slots=True)
class WrittenTimeouts:
    """The seconds that are the same for every instance, and what is not written out."""

    fixed: Mapping[str, float] = field(default_factory=dict)
    block: Declared | None = None
    later: tuple[Attribute, ...] = ()

    def of(self, evaluate: Callable[[Expr], Value]) -> Mapping[str, float]:
        """One instance's, in seconds. Raises DiagnosticError."""
        if self.block is None or not self.later:
            return self.fixed
        found = {a.name: _seconds(self.block, a, evaluate(a.expr)) for a in self.later}
        return {**self.fixed, **{name: value for name, value in found.items() if value is not None}}


def read_timeouts(block: Declared, usual: Mapping[str, float]) -> WrittenTimeouts:
    """What the block says; `usual` are the type's own. Raises DiagnosticError with all that is wrong."""
    fixed, later, found = dict(usual), list[Attribute](), list[Diagnostic]()
    for inner in block.block.body.blocks:
        found.append(error("Unsupported block type", "A timeouts block holds arguments only.", block.inner(inner).span))
    for attribute in block.block.body.attributes:
        if attribute.name not in NAMES:
            detail = f'There is no timeout "{attribute.name}".{did_you_mean(attribute.name, NAMES)}'
            found.append(error("Unsupported argument", detail, block.name_span(attribute)))
            continue
        value = constant(attribute.expr)
        if not isinstance(value, str):
            later.append(attribute)
            continue
        try:
            fixed[attribute.name] = _seconds(block, attribute, value) or 0.0
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    if found:
        raise DiagnosticError(found)
    return WrittenTimeouts(fixed, block, tuple(later))


def _seconds(block: Declared, attribute: Attribute, written: Value) -> float | None:
    """How long that is; None where nothing is said: a null, or what is not known (in a plan, where nothing runs)."""
    value, _ = unmark(written)
    if value is None or isinstance(value, Unknown):
        return None
    place = block.expr_span(attribute.expr)
    if not isinstance(value, str):
        detail = f'The timeout "{attribute.name}" is no string.'
        raise DiagnosticError(error("Invalid timeout", detail, place, hint='write a duration, such as "30m" or "1h30m"'))
    try:
        return seconds(value)
    except ValueError as problem:
        raise DiagnosticError(error("Invalid timeout", f"{problem}.", place)) from problem
