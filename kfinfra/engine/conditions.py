"""Conditions of what an apply leaves alone: those that the plan could not tell are asked once everything is done."""

from __future__ import annotations

from collections.abc import Iterable

from kfinfra.config.configuration import Configuration
from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.model.address import Address
from kfinfra.plan.change import Action, Change


def unmet(config: Configuration, changes: Iterable[Change]) -> dict[Address, tuple[Diagnostic, ...]]:
    """The conditions that do not hold of objects that had nothing to change, by their addresses."""
    out: dict[Address, tuple[Diagnostic, ...]] = {}
    for change in changes:
        if change.action is Action.NOOP and change.after is not None and config.has_conditions(change.address):
            found = _of(config, change.address)
            if found:
                out[change.address] = tuple(d.at(change.span, str(change.address)) for d in found)
    return out


def _of(config: Configuration, address: Address) -> list[Diagnostic]:
    try:
        config.instance(address)
    except DiagnosticError as problem:
        return list(problem.diagnostics)
    return config.check_after(address)
