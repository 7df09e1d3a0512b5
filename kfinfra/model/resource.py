"""Resources: what is desired and what is observed have the same type, so that a diff never learns where they came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kfinfra.diag import Span
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Path, Plain


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource instance's attributes. `sensitive` are the paths that must be hidden when shown.

    `write_only` holds keyed digests of values that are nowhere else (attribute name → hex digest); such attributes are
    absent from `attributes` in everything that is stored.
    """

    address: Address
    attributes: Attributes
    sensitive: frozenset[Path] = frozenset()
    write_only: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The `lifecycle` block's flags, None where one is not known; `ignore_changes` are paths, ("*",) for all.

    `replace_triggered_by` are resources or instances, without the modules that they and the resource lie in, each with the
    path of an attribute (empty for the whole of it).
    """

    create_before_destroy: bool | None = False
    prevent_destroy: bool | None = False
    ignore_changes: tuple[Path, ...] = ()
    replace_triggered_by: tuple[tuple[Address, Path], ...] = ()


@dataclass(frozen=True, slots=True)
class Desired:
    """A resource instance as the configuration wants it, with what is needed to show and order it.

    `secrets` are the values of write-only attributes: held in memory only, handed to the provider, never stored.
    `spans` maps paths to places (the longest known prefix of a path is the one to show).
    """

    resource: Resource
    provider: str
    depends_on: frozenset[Address] = frozenset()
    lifecycle: Lifecycle = Lifecycle()
    timeouts: Mapping[str, float] = field(default_factory=dict)
    secrets: Mapping[str, Plain] = field(default_factory=dict)
    spans: Mapping[Path, Span] = field(default_factory=dict)
    span: Span | None = None

    @property
    def address(self) -> Address:
        """The instance's address."""
        return self.resource.address

    def span_of(self, path: Path) -> Span | None:
        """The place of the nearest written thing to `path`."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.spans:
                return self.spans[path[:length]]
        return self.span
