"""Check blocks, and the conditions of outputs and resources: how all of them come out, of a plan and at the end of an apply.

The data sources of checks are read here, and not with the others: nothing is built on them, and one that cannot be read is
a warning.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kfinfra.config.checkblocks import CheckInstance
from kfinfra.config.configuration import BlockKey, Configuration
from kfinfra.diag import Diagnostic, DiagnosticError, Severity
from kfinfra.engine.data import UNKNOWN_ARGUMENTS, read_each, read_later, why_later
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.providers import ProviderSet, Unconfigured
from kfinfra.model.address import Address
from kfinfra.model.checks import Checked
from kfinfra.model.resource import Desired, Resource
from kfinfra.plan.change import Action, Change


@dataclass(frozen=True, slots=True)
class Verdicts:
    """How the conditions came out, by address, and what is told of them."""

    checked: tuple[Checked, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()
    errors: tuple[Diagnostic, ...] = ()


def verdicts(config: Configuration, providers: ProviderSet, hooks: Hooks, changes: Iterable[Change] = ()) -> Verdicts:
    """Reads what checks read and works out what they assert, `changes` being still to come."""
    checks, found = config.checks()
    failed = _read(checks, config, providers, hooks, changes)
    try:
        checked = config.judged()
    except DiagnosticError as problem:
        checked = []
        found.extend(problem.diagnostics)
    for check in checks:
        problems = failed.get(check.data.address) if check.data is not None else None
        verdict, told = check.unread(problems) if problems else check.judged()
        checked.append(verdict)
        found.extend(told)
    every = sorted(dict.fromkeys(found), key=Diagnostic.order)
    warnings = tuple(d for d in every if d.severity is Severity.WARNING)
    errors = tuple(d for d in every if d.severity is Severity.ERROR)
    return Verdicts(tuple(sorted(checked, key=lambda c: c.address)), warnings, errors)


def _read(
    checks: Iterable[CheckInstance], config: Configuration, providers: ProviderSet, hooks: Hooks, changes: Iterable[Change]
) -> Mapping[Address, tuple[Diagnostic, ...]]:
    """Makes what is read what the assertions see; what could not be read is returned, with why."""
    changing = frozenset(BlockKey.of(c.address) for c in changes if c.action is not Action.NOOP)
    wanted = [check.data for check in checks if check.data is not None]
    later = {d.address: why for d in wanted if (why := _why_later(d, config, providers, changing))}
    now, failed = read_each([d for d in wanted if d.address not in later], config.types, providers, hooks)
    deferred = [read_later(d, config.types, later[d.address]) for d in wanted if d.address in later]
    for change in (*now, *deferred):
        config.settle(Resource(change.address, change.after or {}, change.sensitive))
    return failed


def _why_later(data: Desired, config: Configuration, providers: ProviderSet, changing: frozenset[BlockKey]) -> str:
    """Why it cannot be read yet: its provider may not be there either."""
    why = why_later(data, config.depends.awaited[BlockKey.of(data.address)], changing)
    try:
        return why or (UNKNOWN_ARGUMENTS if isinstance(providers.get(data.provider), Unconfigured) else "")
    except DiagnosticError:
        return ""  # reading it tells what is wrong with the provider
