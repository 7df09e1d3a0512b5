"""Create, change, delete: what is the same for every kind. Nothing that does not bear our mark is ever taken over or deleted."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes
from kfinfra.model.ports import Checkpoint, Operation, ReadRequest, Run, Wait
from kfinfra.providers.kubernetes import manifests
from kfinfra.providers.kubernetes.checks import OWNER
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.discovery import UnknownKind, kind_of
from kfinfra.providers.kubernetes.failures import Refused, conflict
from kfinfra.providers.kubernetes.kinds import Kind
from kfinfra.providers.kubernetes.leftovers import holders, leftovers, without
from kfinfra.providers.kubernetes.observe import observed, owner_of
from kfinfra.providers.kubernetes.translate import manifest

Object = dict[str, Any]

_MARGIN = 0.1
"""Seconds before the engine's own limit, whose message could not say what did not come."""


@dataclass(slots=True)
class Patience:
    """How long to wait still. The delays grow; `next` raises, with what it was that did not come, when time is short."""

    timeout: float
    started: float = field(default_factory=time.monotonic)
    delay: float = 0.25

    def next(self, status: str, late: Callable[[], DiagnosticError]) -> Wait:
        """The next wait. Raises what `late` gives where there is no time for it."""
        left = self.timeout - (time.monotonic() - self.started) - _MARGIN
        if left <= 0:
            raise late()
        wait = Wait(min(self.delay, left), status)
        self.delay = min(self.delay * 2, 5.0)
        return wait


def find(api: Api, kind: Kind, attributes: Attributes) -> Object | None:
    """The object, or None where there is none (or no namespace for it)."""
    try:
        return api.get(kind.path(attributes), f"read {kind.title(attributes)}")
    except Refused as problem:
        if problem.missing or api.discovery.gone(kind, problem):
            return None
        raise


def attributes_of(operation: Operation, found: Object) -> Attributes:
    """The object's attributes, as read back after an apply."""
    return observed(operation.address.type, found, operation.desired).attributes or {}


def apply(api: Api, operation: Operation, uid: str = "") -> Object:
    """Server-side apply of what is desired. Raises DiagnosticError."""
    kind, desired = kind_of(api.discovery, operation.address.type, operation.desired), operation.desired
    title = kind.title(desired)
    body = manifest(operation.address.type, desired, operation.secrets, operation.owner, uid)
    try:
        return api.apply(kind.path(desired), body, f"apply {title}")
    except Refused as problem:
        if problem.conflicts:
            raise conflict(title, problem.conflicts) from problem
        if problem.missing and kind.namespaced:
            raise _no_namespace(title, str(desired["namespace"])) from problem
        if problem.status == 403 and "because it is being terminated" in str(problem.body.get("message")):
            raise _terminating(title, str(desired["namespace"])) from problem
        if problem.status == 422 and "immutable" in str(problem.body.get("message")):
            raise _cannot_change(problem, operation) from problem
        raise


def _no_namespace(title: str, namespace: str) -> DiagnosticError:
    hint = f'declare namespace "{namespace}" {{}} and refer to it, or create it first'
    return DiagnosticError(error("Namespace does not exist", f"{title} needs the namespace {namespace}.", hint=hint))


def _terminating(title: str, namespace: str) -> DiagnosticError:
    detail = f"{title} cannot be made: the namespace {namespace} is being deleted."
    return DiagnosticError(error("Namespace is being deleted", detail, hint="wait until it is gone, and apply again"))


def _cannot_change(problem: Refused, operation: Operation) -> DiagnosticError:
    first = problem.diagnostics[0]
    hint = f"such a field is given once only; to make the object anew: kfinfra apply -replace={operation.address}"
    return DiagnosticError(error("Field cannot be changed", first.detail, hint=hint))


def create(api: Api, operation: Operation) -> Run:
    """Makes the object; one that bears our mark already is taken over. One that is still going away is waited for."""
    kind, desired = kind_of(api.discovery, operation.address.type, operation.desired), operation.desired
    title, patience = kind.title(desired), Patience(operation.timeout)
    while (found := find(api, kind, desired)) is not None:
        if owner_of(found) != operation.owner:
            raise _exists(title, owner_of(found))
        if not found["metadata"].get("deletionTimestamp"):
            break
        status = f"waiting for the old {title} to be gone: {remains(found)}"
        yield patience.next(status, lambda status=status: _late(title, status))  # type: ignore[misc]
    made = apply(api, operation)
    yield Checkpoint(attributes_of(operation, made))
    return attributes_of(operation, made)


def _exists(title: str, owner: str | None) -> DiagnosticError:
    who = f"It belongs to another configuration or address ({owner})." if owner else "It was not made by kfinfra."
    hint = "choose another name, or import it (kfinfra import ADDRESS ID, or an import block)"
    return DiagnosticError(error("Object already exists", f"{title} exists already. {who}", hint=hint))


def _late(title: str, status: str) -> DiagnosticError:
    hint = 'see what holds it, or allow more: timeouts { … = "…" }'
    return DiagnosticError(error("Operation timed out", f"{title} was not done in time: {status}.", hint=hint))


def mark(api: Api, request: ReadRequest, owner: str | None) -> None:
    """Sets or removes (None) the annotation of ownership, and touches nothing else. Raises DiagnosticError."""
    kind = kind_of(api.discovery, request.address.type, {**request.recorded, **request.identity})
    title = kind.title(request.identity)
    try:
        api.merge(kind.path(request.identity), {"metadata": {"annotations": {OWNER: owner}}}, f"mark {title}")
    except Refused as problem:
        if problem.missing:
            raise DiagnosticError(error("Object is gone", f"{title} does not exist any more.", hint="plan again")) from problem
        raise


def update(api: Api, operation: Operation) -> Run:
    """Brings the object to what is desired. Raises where it is gone meanwhile, or bears somebody else's mark."""
    kind, desired = kind_of(api.discovery, operation.address.type, operation.desired), operation.desired
    title, found = kind.title(desired), find(api, kind, desired)
    if found is None or found["metadata"].get("deletionTimestamp"):
        detail = f"{title} was deleted after the plan was made."
        raise DiagnosticError(error("Object is gone", detail, hint="plan again: it will be created"))
    if owner_of(found) not in (None, operation.owner):
        raise _exists(title, owner_of(found))
    if found.get("immutable") and "data" in operation.changed:
        raise _immutable(title, operation)
    look = manifests.leftovers if operation.address.type == "manifest" else leftovers
    left = look(found, operation.prior, desired)
    if left and not api.forced:
        raise conflict(title, [(f"changed by {holders(found, path)}, and no longer wanted", ".".join(path)) for path in left])
    made = apply(api, operation, found["metadata"]["uid"])
    if left:
        made = api.merge(kind.path(desired), without(left), f"remove fields of {title}")
    yield Checkpoint(attributes_of(operation, made))
    return attributes_of(operation, made)


def _immutable(title: str, operation: Operation) -> DiagnosticError:
    hint = f"make it anew: kfinfra apply -replace={operation.address}"
    return DiagnosticError(error("Object is immutable", f"{title} is immutable, so its data cannot be changed.", hint=hint))


def delete(
    api: Api,
    operation: Operation,
    allowed: Callable[[Object], None] = lambda found: None,
    status: Callable[[Object], str] | None = None,
) -> Run:
    """Deletes the object and waits until it is gone.

    `allowed` may raise, having seen it; `status` says what holds it while it goes.
    """
    prior, patience, tell = operation.prior, Patience(operation.timeout), status or remains
    try:
        kind = kind_of(api.discovery, operation.address.type, prior)
    except UnknownKind:
        return {}  # its definition is gone, and with it every object of the kind
    title = kind.title(prior)
    found = find(api, kind, prior)
    if found is None:
        return {}
    uid = found["metadata"]["uid"]
    if owner_of(found) != operation.owner:
        raise _not_ours(title, owner_of(found), operation)
    if not found["metadata"].get("deletionTimestamp"):
        allowed(found)
        if not _delete(api, kind, prior, uid):
            return {}
    while (found := find(api, kind, prior)) is not None and found["metadata"]["uid"] == uid:
        words = tell(found)
        yield patience.next(words, lambda words=words: _stuck(title, words))  # type: ignore[misc]
    return {}


def _delete(api: Api, kind: Kind, prior: Attributes, uid: str) -> bool:
    """Asks for the deletion; False where the object is gone, or another one stands in its place."""
    try:
        api.delete(kind.path(prior), uid, f"delete {kind.title(prior)}")
    except Refused as problem:
        if problem.missing or (problem.status == 409 and "uid" in str(problem.body.get("message", "")).lower()):
            return False
        raise
    return True


def _not_ours(title: str, owner: str | None, operation: Operation) -> DiagnosticError:
    mark = f'"{owner}"' if owner else "missing"
    detail = f"{title} is not deleted: its annotation kfinfra.dev/owner is {mark}, so it is not this configuration's."
    hint = f"drop it from state (kfinfra state rm {operation.address}), or delete it with kubectl"
    return DiagnosticError(error("Object is not ours", detail, hint=hint))


def _stuck(title: str, words: str) -> DiagnosticError:
    hint = "end what holds it (a finalizer's controller may be gone), then destroy again"
    return DiagnosticError(error("Deletion did not finish", f"{title} is still there: {words}.", hint=hint))


def remains(found: Object) -> str:
    """What still holds an object that is being deleted: true conditions, and finalizers."""
    conditions = (found.get("status") or {}).get("conditions") or ()
    said = [f"{c.get('type')}: {c.get('message') or c.get('reason')}" for c in conditions if c.get("status") == "True"]
    own = (found.get("spec") or {}).get("finalizers") if found.get("kind") == "Namespace" else ()
    finalizers = [*(found["metadata"].get("finalizers") or ()), *(own or ())]
    held = [f"finalizers that remain: {', '.join(finalizers)}"] if finalizers else []
    return "; ".join([*said, *held]) or "being deleted"
