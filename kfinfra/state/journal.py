"""The journal: an intent before each operation that changes the world, outcomes after. One JSON line each, append only.

At the end of a command the outcomes are folded into the state and the journal is emptied. A torn last line (a crash
while writing) is dropped: what it would have said never began.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TypeAlias

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes
from kfinfra.state.codec import decode_resource, encode_resource
from kfinfra.state.document import ResourceState, State


@dataclass(frozen=True, slots=True)
class Intent:
    """About to act: what, on which object (its identifying attributes), with which token, for which desired digest.

    `previous`: of a move, the address that the object has had so far. `deposed`: of a creation, the address that the
    instance's present object has from now on; where the creation comes to nothing, it becomes the present one again.
    """

    address: Address
    action: str
    identity: Attributes
    provider: str
    token: str
    digest: str
    previous: Address | None = None
    deposed: Address | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What is true now: the resource as it is (`final` False: a checkpoint within its operation), or None: gone."""

    address: Address
    resource: ResourceState | None
    final: bool = True


@dataclass(frozen=True, slots=True)
class Failure:
    """The operation ended without success, and the provider said so: nothing is in flight any more."""

    address: Address


@dataclass(frozen=True, slots=True)
class Moved:
    """What was at `previous` is at `address`, and its mark says so: one record, so that it is never at both or at neither."""

    previous: Address
    address: Address


Record: TypeAlias = Intent | Outcome | Failure | Moved


def encode_record(record: Record) -> bytes:
    """One line of the journal."""
    match record:
        case Intent(address, action, identity, provider, token, digest, previous, deposed):
            body: dict[str, object] = {"previous": str(previous)} if previous else {}
            body |= {"deposed": str(deposed)} if deposed else {}
            body |= {
                "intent": str(address),
                "action": action,
                "identity": dict(identity),
                "provider": provider,
                "token": token,
                "digest": digest,
            }
        case Moved(previous_, address):
            body = {"moved": str(previous_), "to": str(address)}
        case Outcome(address, resource, final):
            body = {"outcome": str(address), "final": final, "resource": encode_resource(resource) if resource else None}
        case Failure(address):
            body = {"failure": str(address)}
    return json.dumps(body, sort_keys=True).encode() + b"\n"


def decode_records(data: bytes, name: str) -> list[Record]:
    """The records in `data`. Raises DiagnosticError for a damaged line that is not the last."""
    lines = data.split(b"\n")
    records: list[Record] = []
    for number, line in enumerate(lines):
        if not line:
            continue
        try:
            records.append(_decode(json.loads(line)))
        except (ValueError, KeyError, TypeError) as problem:
            if number == len(lines) - 1:
                break
            raise DiagnosticError(damaged(name, number + 1, str(problem))) from problem
    return records


def damaged(name: str, line: int, why: str) -> Diagnostic:
    """What is told of a journal with a line that cannot be read."""
    detail = f"{name}, line {line}, is damaged: {why}."
    return error("Journal cannot be read", detail, hint="keep a copy of it and of the state before you do anything else")


def _decode(d: dict[str, object]) -> Record:
    if "intent" in d:
        identity = d["identity"]
        if not isinstance(identity, dict):
            raise TypeError("identity is no object")
        return Intent(
            Address.parse(str(d["intent"])),
            str(d["action"]),
            identity,
            str(d["provider"]),
            str(d["token"]),
            str(d["digest"]),
            Address.parse(str(d["previous"])) if "previous" in d else None,
            Address.parse(str(d["deposed"])) if "deposed" in d else None,
        )
    if "moved" in d:
        return Moved(Address.parse(str(d["moved"])), Address.parse(str(d["to"])))
    if "failure" in d:
        return Failure(Address.parse(str(d["failure"])))
    resource = d["resource"]
    if resource is not None and not isinstance(resource, dict):
        raise TypeError("resource is no object")
    return Outcome(Address.parse(str(d["outcome"])), decode_resource(resource) if resource else None, bool(d["final"]))


def fold(state: State, records: Iterable[Record]) -> tuple[State, tuple[Intent, ...]]:
    """The state with all outcomes in it, and the intents that have neither outcome nor failure: these are open."""
    folding = _Folding(state)
    for record in records:
        folding.take(record)
    return folding.state(), tuple(folding.open.values())


class _Folding:
    """A state that records change one by one, each at a cost that does not grow with the state."""

    def __init__(self, state: State) -> None:
        self._before = state
        self._resources = dict(state.resources)
        self._moves: dict[Address, Address] = {}
        self.open: dict[Address, Intent] = {}

    def state(self) -> State:
        """The state with everything that was taken."""
        self._settle()
        return replace(self._before, resources=self._resources)

    def take(self, record: Record) -> None:
        """Moves come many together, and each would look at every resource: they are carried out when something else comes."""
        if isinstance(record, Moved):
            self._moves[record.previous] = record.address
            self.open.pop(record.address, None)
            return
        self._settle()
        match record:
            case Intent(address=address, deposed=deposed):
                self.open[address] = record
                if deposed is not None and deposed not in self._resources:
                    self._rename(address, deposed)
            case Failure(address):
                failed = self.open.pop(address, None)
                if failed is not None and failed.deposed is not None and address not in self._resources:
                    self._rename(failed.deposed, address)
            case Outcome(address, resource, final):
                if resource is None:
                    self._resources.pop(address, None)
                else:
                    self._resources[address] = resource
                if final:
                    self.open.pop(address, None)

    def _settle(self) -> None:
        if self._moves:
            self._resources = dict(replace(self._before, resources=self._resources).moved(self._moves).resources)
            self._moves = {}

    def _rename(self, source: Address, target: Address) -> None:
        found = self._resources.pop(source, None)
        if found is not None:
            self._resources[target] = replace(found, address=target)
