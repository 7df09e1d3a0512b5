"""The providers of a command: made when first needed, closed at the end. Making one never opens a connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, is_known
from kfinfra.model.ports import DetailLine, Observed, Operation, Provider, ProviderFactory, ReadRequest, Run
from kfinfra.model.resource import Desired


class Unconfigured:
    """A provider whose block holds values that are not known yet: it can plan, and asks no server."""

    def __init__(self, inner: Provider, problem: Diagnostic) -> None:
        self._inner, self._problem = inner, problem

    def resolve(self, desired: Desired, recorded: Attributes | None) -> Desired:
        """As the provider itself, with what is known of it."""
        return self._inner.resolve(desired, recorded)

    def details(self, address: Address, before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
        """As the provider itself."""
        return self._inner.details(address, before, after)

    def refresh(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """Raises DiagnosticError, as everything that a server would have to answer."""
        raise DiagnosticError(self._problem)

    def read(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """Raises DiagnosticError."""
        raise DiagnosticError(self._problem)

    def create(self, operation: Operation) -> Run:
        """Raises DiagnosticError."""
        raise DiagnosticError(self._problem)

    def update(self, operation: Operation) -> Run:
        """Raises DiagnosticError."""
        raise DiagnosticError(self._problem)

    def delete(self, operation: Operation) -> Run:
        """Raises DiagnosticError."""
        raise DiagnosticError(self._problem)

    def mark(self, request: ReadRequest, owner: str | None) -> bool:
        """Raises DiagnosticError."""
        raise DiagnosticError(self._problem)

    def close(self) -> None:
        """Ends what there is."""
        self._inner.close()


def _not_known(key: str, names: Iterable[str]) -> Diagnostic:
    detail = f'{", ".join(names)} of provider "{key}" has no value yet, and without it no server can be asked.'
    hint = "give the variables that it is made of, or apply what it depends on first with -target"
    return error("Provider is not configured", detail, hint=hint)


class ProviderSet:
    """Providers by key (`aws`, `aws.west`). `attributes` gives a key's configuration, `env` is the environment."""

    def __init__(
        self,
        factories: Mapping[str, ProviderFactory],
        attributes: Callable[[str], Attributes],
        env: Mapping[str, str],
    ) -> None:
        self._factories = factories
        self._attributes = attributes
        self._env = env
        self._made: dict[str, Provider] = {}
        self._lock = threading.RLock()  # a provider's configuration may come from another provider

    def get(self, key: str) -> Provider:
        """The provider of `key`. Raises DiagnosticError where its configuration is wrong.

        While a part of that is not known yet, each call looks again, and the provider can plan only.
        """
        with self._lock:
            kind = key.split(".")[0]
            if kind not in self._factories:
                raise DiagnosticError(error("Unknown provider", f'There is no provider "{kind}".'))
            if key not in self._made:
                attributes = self._attributes(key)
                unknown = [name for name, value in attributes.items() if not is_known(value)]
                if unknown:
                    known = {name: value for name, value in attributes.items() if name not in unknown}
                    return Unconfigured(self._factories[kind](known, self._env), _not_known(key, unknown))
                self._made[key] = self._factories[kind](attributes, self._env)
            return self._made[key]

    def close(self) -> None:
        """Closes those that were made."""
        for provider in self._made.values():
            provider.close()
