"""One operation while it runs: intent journaled, the provider's steps driven, outcome journaled.

`advance` runs until the provider waits or is done; whoever calls it decides when to go on, so a wait holds no thread.
"""

from __future__ import annotations

import hashlib
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kfinfra.config.configuration import Configuration
from kfinfra.diag import DiagnosticError, error
from kfinfra.engine.digests import canonical, token, with_digests
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.providers import ProviderSet
from kfinfra.engine.replacing import identity, same_identity
from kfinfra.engine.schedule import Task
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain, is_known
from kfinfra.model.ports import Checkpoint, Clock, Operation, Progress, ReadRequest, Run, Wait
from kfinfra.model.resource import Desired
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action
from kfinfra.plan.diff import diff
from kfinfra.state.document import ResourceState, State
from kfinfra.state.journal import Failure, Intent, Outcome
from kfinfra.state.store import StateStore

DEFAULT_TIMEOUT = 1800.0
_TAG_SAFE = frozenset((string.ascii_letters + string.digits + " +-._:/@").encode())


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every operation of an apply needs."""

    config: Configuration
    state: State
    types: Mapping[str, ResourceType]
    providers: ProviderSet
    store: StateStore
    hooks: Hooks
    clock: Clock


class RunningOperation:
    """A task being carried out. Used by one thread at a time."""

    def __init__(self, task: Task, around: Surroundings) -> None:
        self.task = task
        self.started = around.clock.monotonic()
        self.resource: ResourceState | None = None
        self._around = around
        self._run: Run | None = None
        self._desired: Desired | None = None
        self._timeout = DEFAULT_TIMEOUT

    def advance(self) -> float | None:
        """Runs on: the seconds to wait before the next call, or None when it is done. Raises DiagnosticError."""
        if self._run is None:
            self._run = self._begin()
        while True:
            try:
                step = next(self._run)
            except StopIteration as stop:
                self._finish(stop.value)
                return None
            match step:
                case Wait(seconds, status):
                    self._around.hooks.operation_status(self.task.address, status)
                    self._check_time(seconds, status)
                    return seconds
                case Progress(done, total, unit):
                    self._around.hooks.operation_progress(self.task.address, done, total, unit)
                case Checkpoint(attributes):
                    self.resource = self._state_of(attributes, tainted=self.task.action is Action.CREATE)
                    self._around.store.append(Outcome(self.task.address, self.resource, final=False))

    def failed(self) -> None:
        """After a failure: finds out whether an object was left behind, and journals what is true.

        A create that failed may have made its object all the same (a lost answer): it is looked up, and kept as tainted
        where it bears our mark. Raises DiagnosticError when even that cannot be told: the intent then stays open.
        """
        if self._run is None:
            return
        if self.task.action is Action.CREATE and self.resource is None:
            self.resource = self._left_behind()
        if self.resource is not None:
            self._around.store.append(Outcome(self.task.address, self.resource))
        else:
            self._around.store.append(Failure(self.task.address))

    def _left_behind(self) -> ResourceState | None:
        change, around = self.task.change, self._around
        address, wanted = change.address, self._wanted()
        named_as = identity(wanted, around.types[address.type])
        found = around.providers.get(change.provider).refresh([ReadRequest(address, named_as)])[address]
        if found.diagnostics:
            raise DiagnosticError(found.diagnostics)
        if found.attributes is None or found.owner != self._owner():
            return None
        return self._state_of(found.attributes, tainted=True)

    def _begin(self) -> Run:
        change, around, action = self.task.change, self._around, self.task.action
        address = change.address
        if action is not Action.DELETE:
            self._desired = self._settled()
            self._timeout = self._desired.timeouts.get(action.value, DEFAULT_TIMEOUT)
        else:
            self._timeout = self._delete_timeout()
        wanted = self._wanted()
        prior = {} if action is Action.CREATE else dict(change.before or {})
        secrets = self._desired.secrets if self._desired else {}
        named = token(around.state.lineage, address, [action.value, wanted, self._desired and self._desired.resource.write_only])
        changed = frozenset({str(d.path[0]) for d in change.differences} | set(change.write_only))
        operation = Operation(
            address, prior, {} if action is Action.DELETE else wanted, self._owner(), named, self._timeout, secrets, changed
        )
        schema = around.types[address.type]
        named_as = identity(wanted or prior, schema)
        if self.task.deposes is not None and named_as == identity(change.before, schema):
            raise DiagnosticError(same_identity(change, schema))
        provider = around.providers.get(change.provider)
        around.store.append(
            Intent(address, action.value, named_as, change.provider, named, _digest(wanted), deposed=self.task.deposes)
        )
        match action:
            case Action.CREATE:
                return provider.create(operation)
            case Action.UPDATE:
                return provider.update(operation)
            case _:
                return provider.delete(operation)

    def _delete_timeout(self) -> float:
        """As the block says, or as it said when there was one, or what is usual."""
        address, around = self.task.address, self._around
        written = around.config.timeouts(address)
        if written is not None:
            return written.get("delete", DEFAULT_TIMEOUT)
        recorded = around.state.resources.get(address) or around.state.resources.get(address.current)
        if recorded is not None and recorded.delete_timeout is not None:
            return recorded.delete_timeout
        return around.types[address.type].timeouts.get("delete", DEFAULT_TIMEOUT)

    def _settled(self) -> Desired:
        """The desired resource with everything known. Raises DiagnosticError where something is still not."""
        change, around = self.task.change, self._around
        desired = around.config.instance(change.address)
        provider = around.providers.get(change.provider)
        recorded = around.state.resources.get(change.address)
        resolved = with_digests(provider.resolve(desired, recorded.attributes if recorded else None), around.state.digest_key)
        unknown = [n for n, v in resolved.resource.attributes.items() if not is_known(v)]
        if unknown:
            raise DiagnosticError(
                error(
                    "Value is still unknown",
                    f"{', '.join(unknown)} of {change.address} has no value after all it depends on was applied.",
                    desired.span,
                    address=str(change.address),
                )
            )
        self._check_promise(resolved, self._after(resolved))
        return resolved

    def _check_promise(self, resolved: Desired, after: Attributes) -> None:
        """What was shown as known in the plan must be what is applied."""
        planned = self.task.change.after or {}
        for name, value in after.items():
            if name in planned and is_known(planned[name]) and planned[name] != value:
                raise DiagnosticError(
                    error(
                        "Planned value changed",
                        f'"{name}" of {resolved.address} was planned differently: something that the plan was made from has '
                        "changed since.",
                        resolved.span_of((name,)),
                        address=str(resolved.address),
                        hint="plan again",
                    )
                )

    def _wanted(self) -> dict[str, Plain]:
        """The attributes to apply: those planned, with what has become known in the place of what was not."""
        if self._desired is None:
            return dict(self.task.change.before or {}) if self.task.action is Action.DELETE else {}
        return {n: v for n, v in self._after(self._desired).items() if is_known(v)}

    def _after(self, desired: Desired) -> Attributes:
        """What the object is to be, as the planner works it out."""
        change = self.task.change
        observed = None
        if self.task.action is Action.UPDATE and change.before is not None:
            observed = replace(desired.resource, attributes=change.before, write_only={})
        return diff(desired, observed, self._around.types[change.address.type], change.provider).after or {}

    def _finish(self, attributes: Attributes) -> None:
        address = self.task.address
        self.resource = None if self.task.action is Action.DELETE else self._state_of(attributes, tainted=False)
        self._around.store.append(Outcome(address, self.resource))
        if self.resource is not None:
            self._around.config.settle(self.resource.resource(), final=True)
            failed = self._around.config.check_after(address)
            if failed:
                raise DiagnosticError(failed)

    def _state_of(self, attributes: Attributes, *, tainted: bool) -> ResourceState:
        change, desired = self.task.change, self._desired
        digests = dict(desired.resource.write_only) if desired else {}
        kept = {n: v for n, v in attributes.items() if n not in digests}
        return ResourceState(
            change.address,
            change.provider,
            kept,
            recorded_dependencies(change.dependencies),
            change.sensitive,
            digests,
            self._around.types[change.address.type].version,
            tainted,
            desired is not None and desired.lifecycle.create_before_destroy is True,
            desired.timeouts.get("delete") if desired is not None else None,
        )

    def _owner(self) -> str:
        return owner_mark(self._around.state, self.task.address)

    def _check_time(self, seconds: float, status: str) -> None:
        elapsed = self._around.clock.monotonic() - self.started
        if elapsed + seconds > self._timeout:
            raise DiagnosticError(
                error(
                    "Operation timed out",
                    f"{self.task.address} was not done after {self._timeout:.0f} s; its last status was: {status}.",
                    self.task.change.span,
                    address=str(self.task.address),
                    hint=f'allow more: timeouts {{ {self.task.action.value} = "…" }}',
                )
            )


def owner_mark(state: State, address: Address) -> str:
    """The value of an object's ownership mark, `kfinfra.dev/owner`: lineage/address, in what an AWS tag may hold.

    A deposed object keeps the mark of its instance.

    That is at most 256 letters, digits, spaces and `+ - = . _ : / @` (docs.aws.amazon.com/tag-editor/latest/userguide,
    "Tag naming limits"); other bytes of the address stand as `=` and two hex digits, a long one ends in its digest.
    """
    text = "".join(chr(b) if b in _TAG_SAFE else f"={b:02X}" for b in f"{state.lineage}/{address.current}".encode())
    if len(text) > 256:
        text = f"{text[:190]}=.{hashlib.sha256(text.encode()).hexdigest()}"
    return text


def recorded_dependencies(dependencies: Iterable[Address]) -> frozenset[Address]:
    """Those of a resource that state keeps: data sources are read anew, and what they refer to is among them already."""
    return frozenset(d for d in dependencies if not d.data)


def _digest(wanted: Attributes) -> str:
    return hashlib.sha256(canonical(wanted)).hexdigest()
