"""Names of what is declared, before anything repeats: a block, or any other node of the graph, and the modules on the way."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from kfinfra.model.address import Address, Key
from kfinfra.model.data import PREFIX

ModulePath: TypeAlias = tuple[str, ...]
"""The names of the module calls on the way from the root, without keys."""


class BlockKey(NamedTuple):
    """A resource block: what all its instances have in common. A data source's type has `data.` before it."""

    module: ModulePath
    type: str
    name: str

    @staticmethod
    def of(address: Address) -> BlockKey:
        """The block that `address` is an instance of."""
        return BlockKey(tuple(name for name, _ in address.module), *address.block)

    def address(self, key: Key = None, module: tuple[tuple[str, Key], ...] = ()) -> Address:
        """The address of an instance in one of the module's instances."""
        if self.type.startswith(PREFIX):
            return Address(self.type.removeprefix(PREFIX), self.name, key, module, True)
        return Address(self.type, self.name, key, module)

    def __str__(self) -> str:
        return f"{prefix(self.module)}{self.type}.{self.name}"


class NodeKey(NamedTuple):
    """A node of the graph that is no resource: a `var`, `local`, `output`, `check`, `module` (its repetition) or `provider`."""

    module: ModulePath
    kind: str
    name: str
    is_node: bool = True
    """What tells it from a resource block of the same words."""

    def __str__(self) -> str:
        return f"{prefix(self.module)}{self.kind}.{self.name}"


GraphKey: TypeAlias = BlockKey | NodeKey


def prefix(module: ModulePath) -> str:
    """`module.a.module.b.`, empty for the root."""
    return "".join(f"module.{name}." for name in module)
