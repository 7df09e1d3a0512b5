"""The providers of a command: made when first needed, closed at the end. Making one never opens a connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.plain import Attributes, is_known
from kfinfra.model.ports import Provider, ProviderFactory


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
        self._lock = threading.Lock()

    def get(self, key: str) -> Provider:
        """The provider of `key`. Raises DiagnosticError where its configuration is wrong."""
        with self._lock:
            kind = key.split(".")[0]
            if kind not in self._factories:
                raise DiagnosticError(error("Unknown provider", f'There is no provider "{kind}".'))
            if key not in self._made:
                attributes = self._attributes(key)
                unknown = [name for name, value in attributes.items() if not is_known(value)]
                if unknown:
                    raise DiagnosticError(_not_known(key, unknown))
                self._made[key] = self._factories[kind](attributes, self._env)
            return self._made[key]

    def close(self) -> None:
        """Closes those that were made."""
        for provider in self._made.values():
            provider.close()
