"""The providers of a command: made when first needed, closed at the end. Making one never opens a connection."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from kfinfra.model.plain import Attributes
from kfinfra.model.ports import Provider, ProviderFactory


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
            if key not in self._made:
                self._made[key] = self._factories[key.split(".")[0]](self._attributes(key), self._env)
            return self._made[key]

    def close(self) -> None:
        """Closes those that were made."""
        for provider in self._made.values():
            provider.close()
