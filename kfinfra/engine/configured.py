"""What providers are configured with, where that comes from data sources or resources: known before anything is planned.

`provider "kubernetes" { host = data.eks_cluster.main.endpoint }` is needed to look at what state has, and for that the
cluster must have been read. So a provider's block is evaluated when the provider is first wanted: then the data sources
that it leads to are read, each by its own provider, and resources have the values that state records.
"""

from __future__ import annotations

from kfinfra.config.configuration import BlockKey, Configuration
from kfinfra.diag import DiagnosticError
from kfinfra.engine.data import read_now
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.providers import ProviderSet
from kfinfra.model.data import PREFIX
from kfinfra.model.plain import Attributes, is_known
from kfinfra.model.resource import Resource
from kfinfra.state.document import State


class ProviderSettings:
    """Gives a provider's attributes by its key. `providers` and `state` are told when there are any."""

    def __init__(self, config: Configuration, hooks: Hooks) -> None:
        self._config, self._hooks = config, hooks
        self._done: set[BlockKey] = set()
        self.providers: ProviderSet | None = None
        self.state: State | None = None

    def __call__(self, key: str) -> Attributes:
        """The attributes of the provider's block; what is not known yet is UNKNOWN. Raises DiagnosticError."""
        for block in self._config.depends.providers.get(key, ()):
            if block not in self._done:
                self._done.add(block)
                if block.type.startswith(PREFIX):
                    self._read(block)
                else:
                    self._restore(block)
        return self._config.provider_attributes(key)

    def _read(self, block: BlockKey) -> None:
        instances = self._config.instances(block)
        known = [d for d in instances if is_known(dict(d.resource.attributes))]
        if self.providers is None or len(known) < len(instances):
            self._done.discard(block)
            return
        try:
            found = read_now(instances, self._config.types, self.providers, self._hooks)
        except DiagnosticError:
            self._done.discard(block)
            raise
        for change in found:
            self._config.settle(Resource(change.address, change.after or {}, change.sensitive))

    def _restore(self, block: BlockKey) -> None:
        for recorded in self.state.resources.values() if self.state is not None else ():
            if BlockKey.of(recorded.address) == block and not recorded.address.deposed:
                self._config.restore(recorded.resource(), self._config.repeats(recorded.address) or "")
