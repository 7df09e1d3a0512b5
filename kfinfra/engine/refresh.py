"""Refresh: what state records, looked up in the world, one batch a provider. Reads only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.engine.digests import keyed_digest
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.providers import ProviderSet
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.model.resource import Resource
from kfinfra.model.schema import ResourceType
from kfinfra.state.document import ResourceState, State


@dataclass(frozen=True, slots=True)
class Found:
    """What a refresh found: each recorded resource as it is now, None where it is gone."""

    resources: Mapping[Address, Resource | None]


def refresh(
    state: State,
    wanted: Iterable[ResourceState],
    types: Mapping[str, ResourceType],
    providers: ProviderSet,
    hooks: Hooks,
) -> Found:
    """Looks up the resources `wanted`. Raises DiagnosticError with everything that could not be read."""
    batches: dict[str, list[ReadRequest]] = defaultdict(list)
    for recorded in wanted:
        schema = types[recorded.address.type]
        identity = {name: recorded.attributes.get(name) for name in schema.identity}
        batches[recorded.provider].append(ReadRequest(recorded.address, identity, recorded.attributes))
    out: dict[Address, Resource | None] = {}
    problems: list[Diagnostic] = []
    with ThreadPoolExecutor(max(1, len(batches))) as pool:
        running = {key: pool.submit(_batch, key, batch, providers, hooks) for key, batch in batches.items()}
        for future in running.values():
            try:
                answers = future.result()
            except DiagnosticError as problem:
                problems.extend(problem.diagnostics)
                continue
            for address, observed in answers.items():
                problems.extend(d.at(None, str(address)) for d in observed.diagnostics)
                out[address] = observed_resource(state, state.resources[address].resource(), observed)
    if problems:
        raise DiagnosticError(problems)
    return Found(out)


def _batch(key: str, batch: list[ReadRequest], providers: ProviderSet, hooks: Hooks) -> Mapping[Address, Observed]:
    hooks.refresh_started(key, len(batch))
    answers = providers.get(key).refresh(batch)
    hooks.refresh_done(key, len(batch))
    return answers


def observed_resource(state: State, recorded: Resource, observed: Observed) -> Resource | None:
    """What was observed, as a resource: write-only values are digested here and kept nowhere."""
    if observed.attributes is None:
        return None
    digests = dict(recorded.write_only)
    digests |= {name: keyed_digest(state.digest_key, value) for name, value in observed.write_only.items()}
    attributes: Attributes = {n: v for n, v in observed.attributes.items() if n not in digests}
    return replace(recorded, attributes=attributes, write_only=digests)
