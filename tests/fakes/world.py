"""A small server with its provider: enough to drive the engine without a network. Faults are switched on by name."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.data import data_type, with_data
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, DetailLine, Observed, Operation, ReadRequest, Run, Wait
from kfinfra.model.resource import Desired
from kfinfra.model.schema import Attribute, BlockType, Problem, ProviderType, Ref, ResourceType
from kfinfra.values.types import NUMBER, STRING, MapType


def positive(value: Plain) -> Iterable[Problem]:
    if isinstance(value, int) and value < 1:
        yield Problem((), "Invalid size", "A size is at least 1.")


DISK = ResourceType(
    "disk",
    "fake",
    {
        "name": Attribute(STRING),
        "size": Attribute(NUMBER, required=True, check=positive),
        "zone": Attribute(STRING, default="a", replaces=True),
        "tags": Attribute(MapType(STRING)),
        "password": Attribute(STRING, write_only=True),
        "id": Attribute(STRING, computed=True),
    },
    ("name",),
)
MACHINE = ResourceType(
    "machine",
    "fake",
    {
        "name": Attribute(STRING),
        "disk": Attribute(STRING, required=True, ref=Ref(("disk",), "id")),
        "label": Attribute(STRING),
        "id": Attribute(STRING, computed=True),
    },
    ("name",),
    {"port": BlockType({"number": Attribute(NUMBER, required=True)}, ("name",))},
)
TYPES: Mapping[str, ResourceType] = with_data([DISK, MACHINE], [data_type(DISK)])
PROVIDERS = {"fake": ProviderType("fake", {"region": Attribute(STRING)})}


@dataclass
class World:
    """What exists (by type and name), what was called, and which calls fail."""

    objects: dict[tuple[str, str], dict[str, Plain]] = field(default_factory=dict)
    owners: dict[tuple[str, str], str | None] = field(default_factory=dict)
    secrets: dict[tuple[str, str], Mapping[str, Plain]] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)
    lose_answer: set[str] = field(default_factory=set)
    kill: set[str] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)
    made: int = 0
    broken: bool = False
    unreachable: bool = False
    steps_left: int | None = None

    def step(self) -> None:
        """A moment at which the process may end: when there are no steps left, nothing that it does has an effect any more."""
        with self.lock:
            if self.steps_left is not None:
                self.steps_left -= 1
                if self.steps_left < 0:
                    raise Ended


class Killed(BaseException):
    """The process ends here: nothing of ours may catch it."""


class Ended(Exception):
    """The process has ended. It may be caught: whatever is tried afterwards fails in the same way."""


class FakeProvider:
    """Provider over a World."""

    def __init__(self, world: World, attributes: Attributes | None = None) -> None:
        self.world = world
        if region := (attributes or {}).get("region"):
            world.calls.append(f"provider in {region}")

    def resolve(self, desired: Desired, recorded: Attributes | None) -> Desired:
        return desired

    def refresh(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        self.world.step()
        self.world.calls.append("list")
        if self.world.broken:
            raise RuntimeError("broken")
        if self.world.unreachable:
            problem = error("Fake cannot be reached", "No answer.", hint="look for it")
            return {r.address: Observed(None, (problem,)) for r in requests}
        return {r.address: self._observed((r.address.type, str(r.identity["name"]))) for r in requests}

    def _observed(self, key: tuple[str, str]) -> Observed:
        found = self.world.objects.get(key)
        if found is None:
            return Observed(None)
        return Observed(dict(found), owner=self.world.owners[key], write_only=self.world.secrets[key])

    def read(self, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
        self.world.calls.append("read " + " ".join(sorted(str(r.identity["name"]) for r in requests)))
        return {r.address: self._read(r) for r in requests}

    def _read(self, request: ReadRequest) -> Observed:
        found = self.world.objects.get((request.address.type, str(request.identity["name"])))
        if found is None:
            missing = error("Data source not found", f'There is no {request.address.type} "{request.identity["name"]}" here.')
            return Observed(None, (missing,))
        return Observed(dict(found))

    def details(self, address: Address, before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
        return ()

    def create(self, operation: Operation) -> Run:
        key = self._key(operation.desired, operation)
        yield Wait(0.001, "CREATING")
        self._call("create", key)
        with self.world.lock:
            self.world.made += 1
            made: dict[str, Plain] = {**operation.desired, "id": f"id-{self.world.made}"}
            self.world.objects[key] = made
            self.world.owners[key] = operation.owner
            self.world.secrets[key] = operation.secrets
        self.world.step()
        if key[1] in self.world.lose_answer:
            raise DiagnosticError(error("Connection lost", "No answer came."))
        yield Checkpoint(made)
        if f"finish {key[1]}" in self.world.refuse:
            raise DiagnosticError(error("Refused", "The second half failed."))
        return made

    def update(self, operation: Operation) -> Run:
        key = self._key(operation.prior, operation)
        yield Wait(0.001, "UPDATING")
        self._call("update", key)
        self.world.objects[key].update({n: v for n, v in operation.desired.items() if v is not None})
        self.world.secrets[key] = operation.secrets
        self.world.step()
        return dict(self.world.objects[key])

    def delete(self, operation: Operation) -> Run:
        key = self._key(operation.prior, operation)
        yield Wait(0.001, "DELETING")
        self._call("delete", key)
        self.world.objects.pop(key, None)
        self.world.step()
        return {}

    def mark(self, request: ReadRequest, owner: str | None) -> bool:
        key = request.address.type, str(request.identity["name"])
        if "before mark" in self.world.kill:
            raise Killed
        self._call("mark", key)
        with self.world.lock:
            self.world.owners[key] = owner
        if "after mark" in self.world.kill:
            raise Killed
        return True

    def close(self) -> None:
        self.world.calls.append("close")

    def _key(self, attributes: Attributes, operation: Operation) -> tuple[str, str]:
        return operation.address.type, str(attributes["name"])

    def _call(self, verb: str, key: tuple[str, str]) -> None:
        self.world.step()
        self.world.calls.append(f"{verb} {key[0]}.{key[1]}")
        if f"{verb} {key[1]}" in self.world.refuse:
            raise DiagnosticError(error("Refused", f"The server refused to {verb} {key[1]}."))
