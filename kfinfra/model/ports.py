"""The ports: what the engine needs of the world. Adapters in `providers`, `stores` and `compiler` implement them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from kfinfra.diag import Diagnostic
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.resource import Desired
from kfinfra.model.schema import ResourceType


@dataclass(frozen=True, slots=True)
class ReadRequest:
    """One object to look up: its type, its identifying attributes, and what state last recorded of it."""

    address: Address
    identity: Attributes
    recorded: Attributes = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observed:
    """What a provider found. `attributes` None: the object does not exist. `diagnostics`: why it could not be read.

    `owner` is the value of the object's `kfinfra.dev/owner` tag, label or annotation, where it has one.
    `write_only` holds, per write-only attribute, the plain value the server has (digested at once, never stored).
    """

    attributes: Attributes | None
    diagnostics: tuple[Diagnostic, ...] = ()
    owner: str | None = None
    write_only: Mapping[str, Plain] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wait:
    """A step of an operation: nothing to do for `seconds`; `status` is shown. The engine gives the slot to others."""

    seconds: float
    status: str


@dataclass(frozen=True, slots=True)
class Progress:
    """A step: how far the operation is, in `unit`s."""

    done: int
    total: int
    unit: str = "bytes"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A step: a call that changed the world has succeeded; these attributes are now true. Journaled before going on."""

    attributes: Attributes


Step: TypeAlias = Wait | Progress | Checkpoint


@dataclass(frozen=True, slots=True)
class Operation:
    """What an operation gets: the prior and the desired attributes (all known), and how to mark and repeat it.

    `owner` is the ownership mark for tags and annotations (lineage/address); `token` an idempotency token derived from
    address and content (a UUID's text); `secrets` the write-only values; `timeout` seconds for the whole operation;
    `changed` the names of the top-level attributes whose change is the reason for an update.
    """

    address: Address
    prior: Attributes
    desired: Attributes
    owner: str
    token: str
    timeout: float
    secrets: Mapping[str, Plain] = field(default_factory=dict)
    changed: frozenset[str] = frozenset()


Run: TypeAlias = Generator[Step, None, Attributes]
"""A running operation: yields steps, returns the object's attributes as read back from the server."""


@dataclass(frozen=True, slots=True)
class DetailLine:
    """A line of a plan beneath a resource: `symbol` is `+`, `-`, `~` or a blank; `depth` its indent in steps of two."""

    symbol: str
    text: str
    depth: int = 0


class Provider(Protocol):
    """A provider: the only thing that talks to one kind of server. Making one costs nothing; the first call connects.

    Every failure that a user can mend is a DiagnosticError. Nothing of an SDK leaks through. Methods may be called from
    several threads at once; each operation runs in one thread at a time.
    """

    def resolve(self, desired: Desired, recorded: Attributes | None) -> Desired:
        """Completes what is desired from what lies on this machine (provider defaults, compiled packages, scanned files).

        Reads local files; a server only where nothing else can tell what is meant (the types of a manifest's fields, what a
        download would fetch), and never for what has not changed. Called while planning, and again just before a create or
        an update whose attributes were not all known. Unknown parts stay UNKNOWN.
        """
        ...

    def refresh(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """Looks up many objects with as few calls as there are: one paged list per kind and scope. Reads only."""
        ...

    def read(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        """Looks up objects that somebody else may have made, and tells all of them, whoever wrote what.

        For data sources (`address.data`; `identity` holds their arguments) and for imports that are to be written out. What
        is not there is a diagnostic that names what was looked for, and where.
        """
        ...

    def details(self, address: Address, before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
        """What a plan shows beneath the resource in place of digests: the semantic diff of a pipeline, a sync's files."""
        ...

    def create(self, operation: Operation) -> Run:
        """Makes the object. Raises if it exists already and does not bear `operation.owner`."""
        ...

    def update(self, operation: Operation) -> Run:
        """Brings the object from `prior` to `desired` in place."""
        ...

    def delete(self, operation: Operation) -> Run:
        """Removes the object and waits until it is gone; an object that is gone already is no error. Returns {}."""
        ...

    def mark(self, request: ReadRequest, owner: str | None) -> bool:
        """Puts the ownership mark `owner` on an object that exists, in the place of any other; None takes it off.

        Returns False where this kind of server cannot change the mark of what exists: the object then keeps the old one.
        Doing it twice is no error. Raises DiagnosticError.
        """
        ...

    def close(self) -> None:
        """Ends connections and threads."""
        ...


ProviderFactory: TypeAlias = Callable[[Attributes, Mapping[str, str]], Provider]
"""Makes a provider from its block's attributes and the environment; must not import an SDK or open a connection."""


class Clock(Protocol):
    """Time, so that the engine can be tested without it."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...

    def monotonic(self) -> float:
        """Seconds from an arbitrary start; never goes back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Waits."""
        ...


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The resource types and how to make their providers: what wiring hands to the rest."""

    types: Mapping[str, ResourceType]
    factories: Mapping[str, ProviderFactory]
