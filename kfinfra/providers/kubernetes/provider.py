"""The kubernetes provider: which room does what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import DetailLine, Observed, Operation, Provider, ReadRequest, Run
from kfinfra.model.resource import Desired
from kfinfra.providers.kubernetes import claims, definitions, listing, operations, reading, resolving
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.connection import check_settings, default_namespace
from kfinfra.providers.kubernetes.kinds import KINDS
from kfinfra.providers.kubernetes.translate import frozen


class KubernetesProvider:
    """Objects of an API server, by server-side apply."""

    def __init__(self, config: Attributes, env: Mapping[str, str]) -> None:
        check_settings(config)
        self._config, self._env = config, env
        self._api = Api(config, env)
        self._namespace: str | None = None
        self._unchecked: dict[Address, str] = {}

    def resolve(self, desired: Desired, recorded: Attributes | None) -> Desired:
        """The default namespace, a digest of immutable data; a claim that would shrink is an error."""
        if desired.address.type == "manifest":
            whole, self._unchecked[desired.address] = resolving.resolved(self._api, desired, recorded, self._default_namespace)
            return whole
        attributes: dict[str, Plain] = dict(desired.resource.attributes)
        if KINDS[desired.address.type].namespaced and attributes.get("namespace") is None:
            attributes["namespace"] = self._default_namespace()
        if desired.address.type == "config_map":
            attributes["frozen"] = frozen(attributes)
        resolved = replace(desired, resource=replace(desired.resource, attributes=attributes))
        if desired.address.type == "pvc" and recorded is not None:
            claims.check_growth(resolved, recorded)
        return resolved

    def _default_namespace(self) -> str:
        if self._namespace is None:
            self._namespace = default_namespace(self._config, self._env)
        return self._namespace

    def refresh(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """One paged list per kind and namespace."""
        return listing.refresh(self._api, requests)

    def read(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """One call an object."""
        return reading.read(self._api, requests, self._default_namespace())

    def details(self, address: Address, before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
        """Nothing beyond the attributes, but why a manifest could not be held against the server's types."""
        why = self._unchecked.get(address) if after is not None else ""
        return [DetailLine(" ", f"not checked against the server's types: {why.rstrip('.')}")] if why else ()

    def create(self, operation: Operation) -> Run:
        """Makes an object; waits until a claim is bound."""
        if operation.address.type == "pvc":
            return claims.create(self._api, operation)
        if operation.address.type == "manifest":
            return definitions.create(self._api, operation)
        return operations.create(self._api, operation)

    def update(self, operation: Operation) -> Run:
        """Changes an object in place."""
        if operation.address.type == "pvc":
            return claims.update(self._api, operation)
        if operation.address.type == "manifest":
            return definitions.update(self._api, operation)
        return operations.update(self._api, operation)

    def delete(self, operation: Operation) -> Run:
        """Deletes an object that is ours, and waits until it is gone."""
        if operation.address.type == "pvc":
            return claims.delete(self._api, operation)
        if operation.address.type == "manifest":
            return definitions.delete(self._api, operation)
        return operations.delete(self._api, operation)

    def mark(self, request: ReadRequest, owner: str | None) -> bool:
        """Sets or removes the annotation of ownership."""
        operations.mark(self._api, request, owner)
        return True

    def close(self) -> None:
        """Ends connections."""
        self._api.close()


def make_provider(config: Attributes, env: Mapping[str, str]) -> Provider:
    """The provider of one `provider "kubernetes"` block. Connects at the first call. Raises DiagnosticError."""
    return KubernetesProvider(config, env)
