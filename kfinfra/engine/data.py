"""Data sources: read while planning where all they ask for is known, during apply where it is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kfinfra.config.keys import BlockKey
from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.providers import ProviderSet
from kfinfra.model.address import Address
from kfinfra.model.data import PREFIX
from kfinfra.model.discretion import secrets, without
from kfinfra.model.plain import UNKNOWN, Attributes, Plain, is_known
from kfinfra.model.ports import ReadRequest
from kfinfra.model.resource import Desired
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action, Change

UNKNOWN_ARGUMENTS = "read_because_config_unknown"
PENDING = "read_because_dependency_pending"


def read_now(
    instances: Sequence[Desired], types: Mapping[str, ResourceType], providers: ProviderSet, hooks: Hooks
) -> list[Change]:
    """Reads these: no-ops that hold what was found. Raises DiagnosticError with all that failed."""
    found, failed = read_each(instances, types, providers, hooks)
    if failed:
        raise DiagnosticError(dict.fromkeys(d for problems in failed.values() for d in problems))
    return found


def read_each(
    instances: Sequence[Desired], types: Mapping[str, ResourceType], providers: ProviderSet, hooks: Hooks
) -> tuple[list[Change], dict[Address, tuple[Diagnostic, ...]]]:
    """Reads these, one batch a provider: no-ops that hold what was found, and why the others could not be read."""
    batches: dict[str, list[Desired]] = defaultdict(list)
    for desired in instances:
        batches[desired.provider].append(desired)
    out: list[Change] = []
    failed: dict[Address, tuple[Diagnostic, ...]] = {}
    for key, batch in batches.items():
        hooks.reading(key, len(batch))
        try:
            found = providers.get(key).read([ReadRequest(d.address, d.resource.attributes) for d in batch])
        except DiagnosticError as problem:
            failed |= {desired.address: problem.diagnostics for desired in batch}
            continue
        for desired in batch:
            observed = found[desired.address]
            if observed.diagnostics:
                hidden = secrets(desired.resource.attributes, desired.resource.sensitive)
                told = (without(d, hidden) for d in observed.diagnostics)
                failed[desired.address] = tuple(d.at(desired.span, str(desired.address)) for d in told)
            if observed.attributes is not None:
                values = _told(desired, observed.attributes, types)
                out.append(_change(desired, Action.NOOP, values, values))
    return out, failed


def _told(desired: Desired, found: Attributes, types: Mapping[str, ResourceType]) -> dict[str, Plain]:
    """What was found, as far as the data source has attributes for it; what is written stays as it is written."""
    attributes: dict[str, Plain] = {}
    for name in types[PREFIX + desired.address.type].attributes:
        written = desired.resource.attributes.get(name)
        attributes[name] = found.get(name) if written is None else written
    return attributes


def read_later(desired: Desired, types: Mapping[str, ResourceType], reason: str) -> Change:
    """The change that reads it during apply: what will be found is not known."""
    after: dict[str, Plain] = {}
    for name, attribute in types[PREFIX + desired.address.type].attributes.items():
        written = desired.resource.attributes.get(name)
        after[name] = UNKNOWN if attribute.computed and written is None else written
    return _change(desired, Action.READ, None, after, reason)


def why_later(desired: Desired, awaited: Iterable[BlockKey], changing: frozenset[BlockKey]) -> str:
    """Why an instance cannot be read yet, as Terraform words it in `action_reason`; empty where it can."""
    if not is_known(dict(desired.resource.attributes)):
        return UNKNOWN_ARGUMENTS
    return PENDING if not changing.isdisjoint(awaited) else ""


def _change(desired: Desired, action: Action, before: Attributes | None, after: Attributes, reason: str = "") -> Change:
    made = Change(desired.address, action, desired.provider, before, after, reason=reason, span=desired.span)
    return replace(made, sensitive=desired.resource.sensitive, dependencies=desired.depends_on)
