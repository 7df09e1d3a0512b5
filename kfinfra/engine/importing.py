"""Imports while planning: each object is read, and refused where it does not exist, or is somebody's already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from kfinfra.config.imports import Import, Imports, id_form, id_text
from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.engine.ownership import foreign, not_ours
from kfinfra.engine.providers import ProviderSet
from kfinfra.engine.refresh import observed_resource
from kfinfra.model.address import Address
from kfinfra.model.plain import Plain, is_known
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.model.resource import Desired, Resource
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Change
from kfinfra.state.document import State


class Importer:
    """The imports of one plan. `problems` collects what is wrong with them; what state has already is left as it is."""

    def __init__(self, imports: Imports, state: State, types: Mapping[str, ResourceType], providers: ProviderSet) -> None:
        self._state, self._types, self._providers = state, types, providers
        self._todo = dict(imports.targets)
        self._taken: dict[Address, Import] = {}
        self.problems = list(imports.problems)
        there = state.resources.values() if self._todo else ()
        self._managed = {(r.address.type, *self._identity(r.address, r.attributes).values()): r.address for r in there}

    def look(self, instances: Sequence[Desired]) -> dict[Address, Resource]:
        """What is to be imported to these instances, as it is now; one batch a provider."""
        batches: dict[str, list[ReadRequest]] = defaultdict(list)
        for desired in instances:
            target = self._todo.pop(desired.address, None)
            if target is None:
                continue
            try:
                if (asked := self._request(desired, target)) is not None:
                    batches[desired.provider].append(asked)
            except DiagnosticError as problem:
                self._say(target, problem.diagnostics)
        out: dict[Address, Resource] = {}
        for provider, batch in batches.items():
            found = self._providers.get(provider).refresh(batch)
            for asked in batch:
                resource = self._judged(self._taken[asked.address], found[asked.address])
                if resource is not None:
                    out[asked.address] = resource
        return out

    def marked(self, change: Change) -> Change:
        """The change, with the id of what is imported."""
        target = self._taken.get(change.address)
        return change if target is None else replace(change, importing=target.id)

    def left_over(self, excluded: Callable[[Address], bool]) -> Iterable[Diagnostic]:
        """Imports that no instance of the configuration has asked for. Those of `excluded` places are not looked at."""
        for address, target in self._todo.items():
            if excluded(address):
                continue
            if address in self._state.resources:
                continue
            detail = f"{address} is to be imported, and there is no such resource instance in the configuration."
            hint = (
                f'declare it: {address.type} "{address.name}" {{ … }}, or have it written: kfinfra plan -generate-config-out=FILE'
            )
            yield error("Configuration for import target does not exist", detail, target.span, hint=hint)

    def _request(self, desired: Desired, target: Import) -> ReadRequest | None:
        """The look-up; None where the object is in state at this very address. What is written counts as known of it."""
        if target.provider not in ("", desired.provider):
            detail = f"{target.address} is a resource of the provider {desired.provider}: its own block says so."
            hint = "leave provider out here: it is for resources without a block"
            raise DiagnosticError(error("Invalid import provider argument", detail, hint=hint))
        resolved = self._providers.get(desired.provider).resolve(desired, None)
        known = {n: v for n, v in resolved.resource.attributes.items() if is_known(v)}
        identity: dict[str, Plain] = {n: known.get(n) if v is None else v for n, v in target.identity.items()}
        recorded = self._state.resources.get(desired.address)
        if recorded is not None:
            if self._identity(recorded.address, recorded.attributes) == identity:
                return None
            detail = f"{desired.address} manages {self._text(recorded.address, recorded.attributes)} already."
            raise DiagnosticError(error("Resource already managed by kfinfra", detail, hint="remove this block"))
        other = self._managed.get((desired.address.type, *identity.values()))
        if other is not None:
            detail = f'"{target.id}" is managed as {other} already.'
            hint = f"write a moved block from {other} to {desired.address}, or remove this one"
            raise DiagnosticError(error("Resource already managed by kfinfra", detail, hint=hint))
        self._taken[desired.address] = target
        return ReadRequest(desired.address, identity, known)

    def _identity(self, address: Address, attributes: Mapping[str, Plain]) -> dict[str, Plain]:
        return {name: attributes.get(name) for name in self._types[address.type].identity}

    def _text(self, address: Address, attributes: Mapping[str, Plain]) -> str:
        schema = self._types[address.type]
        return f'"{id_text(schema, self._identity(address, attributes))}"'

    def _judged(self, target: Import, observed: Observed) -> Resource | None:
        address = target.address
        if observed.diagnostics:
            self._say(target, observed.diagnostics)
        elif observed.attributes is None:
            self._say(target, [not_there(target, self._types[address.type])])
        elif foreign(observed.owner, self._state.lineage):
            self._say(target, [not_ours(address, observed.owner or "")])
        else:
            return observed_resource(self._state, Resource(address, {}), observed)
        del self._taken[address]
        return None

    def _say(self, target: Import, found: Iterable[Diagnostic]) -> None:
        self.problems.extend(d.at(target.span, str(target.address)) for d in found)


def not_there(target: Import, schema: ResourceType) -> Diagnostic:
    """That there is nothing to import."""
    detail = (
        f'There is no {schema.name} "{target.id}" to import to {target.address}. Only what exists can be imported: see whether '
        f"the id ({id_form(schema)}) is right, and whether the provider leads to the right region, cluster or server."
    )
    return error("Cannot import non-existent remote object", detail, hint="remove the import block to create it instead")
