"""The state: what kfinfra has made and what it last saw of it. One value, frozen; a command makes the next one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kfinfra.model.address import Address
from kfinfra.model.checks import Checked
from kfinfra.model.plain import Attributes, Path, Plain
from kfinfra.model.resource import Resource


@dataclass(frozen=True, slots=True)
class ResourceState:
    """One object: its attributes as last read, what it was built on, and digests of its write-only values.

    `delete_timeout` (seconds) is what its block said when it was last changed, for when the block is gone.
    """

    address: Address
    provider: str
    attributes: Attributes
    dependencies: frozenset[Address] = frozenset()
    sensitive: frozenset[Path] = frozenset()
    write_only: Mapping[str, str] = field(default_factory=dict)
    schema_version: int = 1
    tainted: bool = False
    create_before_destroy: bool = False
    delete_timeout: float | None = None

    def resource(self) -> Resource:
        """What was recorded, as a differ sees it."""
        return Resource(self.address, self.attributes, self.sensitive, self.write_only)


@dataclass(frozen=True, slots=True)
class OutputState:
    """A root output's value; a sensitive one is kept as None (its value is worked out again when asked for)."""

    value: Plain
    sensitive: bool = False


@dataclass(frozen=True, slots=True)
class State:
    """The whole document. `digest_key` (hex) keys the digests of write-only values; it is made with the lineage.

    `checks` say how conditions came out when all of the configuration was last applied, by address.
    """

    lineage: str
    digest_key: str
    serial: int = 0
    resources: Mapping[Address, ResourceState] = field(default_factory=dict)
    outputs: Mapping[str, OutputState] = field(default_factory=dict)
    checks: tuple[Checked, ...] = ()

    def with_resource(self, resource: ResourceState) -> State:
        """The state with `resource` added or replaced."""
        return replace(self, resources={**self.resources, resource.address: resource})

    def without(self, address: Address) -> State:
        """The state without the resource at `address`."""
        return replace(self, resources={a: r for a, r in self.resources.items() if a != address})

    def moved(self, moves: Mapping[Address, Address]) -> State:
        """The state with resources at other addresses (`moves` is from old to new), also where others depend on them."""
        if not moves:
            return self
        resources = {}
        for address, resource in self.resources.items():
            place = moves.get(address, address)
            built_on = frozenset(moves.get(d, d) for d in resource.dependencies)
            if place != address or built_on != resource.dependencies:
                resource = replace(resource, address=place, dependencies=built_on)
            resources[place] = resource
        return replace(self, resources=resources)

    def restoring(self, deposed: Address | None) -> State:
        """The state with a deposed object where it was, unless its instance has another object by now."""
        if deposed is None or deposed not in self.resources or deposed.current in self.resources:
            return self
        return self.without(deposed).with_resource(replace(self.resources[deposed], address=deposed.current))

    def next_after(self, previous: State) -> State:
        """This content as the successor of `previous`: the serial grows only if the content differs."""
        same = replace(self, serial=previous.serial) == previous
        return replace(self, serial=previous.serial if same else previous.serial + 1)
