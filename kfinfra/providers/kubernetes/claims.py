"""Persistent volume claims: bound or not, grown but never shrunk, and not thrown away with what they hold."""

from __future__ import annotations

from typing import Any

from kfinfra.diag import DiagnosticError, Span, error
from kfinfra.model import quantity
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Operation, Run
from kfinfra.model.resource import Desired
from kfinfra.providers.kubernetes import operations
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.failures import Refused
from kfinfra.providers.kubernetes.kinds import KINDS
from kfinfra.providers.kubernetes.operations import Object, Patience

PVC = KINDS["pvc"]
PROTECTION = "kubernetes.io/pvc-protection"
_OTHER = ("namespace", "name", "storage_class", "volume_mode", "volume_name")


def check_growth(desired: Desired, recorded: Attributes) -> None:
    """Raises DiagnosticError where a claim would shrink in place; one that is replaced anyway may be of any size."""
    wanted = desired.resource.attributes
    if any(wanted.get(n) not in (None, recorded.get(n)) for n in _OTHER) or _modes(wanted) != _modes(recorded):
        return
    size, had = wanted.get("size"), recorded.get("size")
    if isinstance(size, str) and isinstance(had, str) and quantity.parse(size) < quantity.parse(had):
        raise _shrinks(PVC.title(wanted), had, size, desired.span_of(("size",)), str(desired.address))


def _modes(attributes: Attributes) -> list[Plain]:
    found = attributes.get("access_modes")
    return sorted(found, key=str) if isinstance(found, list) else []


def _shrinks(title: str, had: str, size: str, span: Span | None = None, address: str | None = None) -> DiagnosticError:
    detail = f"{title} asks for {had}, and Kubernetes cannot make that {size}."
    hint = f'keep size = "{had}", or make a new claim of another name and copy the data'
    return DiagnosticError(error("Claim cannot shrink", detail, span, address=address, hint=hint))


def create(api: Api, operation: Operation) -> Run:
    """Makes the claim; waits until it is bound, unless its class waits for a pod."""
    yield from operations.create(api, operation)
    return (yield from _bound(api, operation))


def _bound(api: Api, operation: Operation) -> Run:
    patience, title = Patience(operation.timeout), PVC.title(operation.desired)
    waits: bool | None = None
    while True:
        found = api.get(PVC.path(operation.desired), f"read {title}")
        phase = (found.get("status") or {}).get("phase")
        if phase == "Lost":
            detail = f"{title} has lost its volume {found['spec'].get('volumeName')}."
            raise DiagnosticError(
                error("Claim is lost", detail, hint="see kubectl describe pvc; restore the volume or replace the claim")
            )
        if waits is None:
            waits = phase != "Bound" and _binds_at_once(api, found)
        if phase == "Bound" or not waits:
            return operations.attributes_of(operation, found)
        status = _why_pending(api, found)
        yield patience.next(status, lambda status=status: _unbound(title, status))  # type: ignore[misc]


def _binds_at_once(api: Api, claim: Object) -> bool:
    """Whether the claim's class is known and binds without a pod."""
    found = _class(api, claim)
    return found is not None and found.get("volumeBindingMode", "Immediate") == "Immediate"


def _class(api: Api, claim: Object) -> Object | None:
    """The claim's class; None where it names none, there is none, or it may not be read."""
    name = claim["spec"].get("storageClassName")
    try:
        return operations.find(api, KINDS["storage_class"], {"name": name}) if name else None
    except Refused as problem:
        if problem.status == 403:
            return None
        raise


def _why_pending(api: Api, claim: Object) -> str:
    """The phase, the conditions and the newest event of a claim."""
    said = [f"{c.get('type')}: {c.get('message')}" for c in (claim.get("status") or {}).get("conditions") or ()]
    events = _events(api, claim)
    if events:
        newest = max(events, key=lambda e: str(e.get("lastTimestamp") or e.get("eventTime") or ""))
        said.append(f"{newest.get('reason')}: {newest.get('message')}")
    return "; ".join(["Pending, not bound to a volume", *said])


def _events(api: Api, claim: Object) -> list[Any]:
    namespace, uid = claim["metadata"]["namespace"], claim["metadata"]["uid"]
    try:
        found = api.list(f"/api/v1/namespaces/{namespace}/events", "read the claim's events")
    except Refused as problem:
        if problem.status in (403, 404):
            return []  # events only explain: who may not read them waits all the same
        raise
    return [e for e in found if (e.get("involvedObject") or {}).get("uid") == uid]


def _unbound(title: str, status: str) -> DiagnosticError:
    hint = "see kubectl describe pvc; check storage_class, access_modes and the provisioner"
    return DiagnosticError(error("Claim was not bound", f"{title} was not bound in time: {status}.", hint=hint))


def update(api: Api, operation: Operation) -> Run:
    """Grows the claim or changes its labels."""
    found = operations.find(api, PVC, operation.desired)
    if found is not None:
        _check_size(api, operation, found)
    return (yield from operations.update(api, operation))


def _check_size(api: Api, operation: Operation, found: Object) -> None:
    title, had, size = PVC.title(operation.desired), found["spec"]["resources"]["requests"]["storage"], operation.desired["size"]
    if quantity.parse(str(size)) < quantity.parse(had):
        raise _shrinks(title, had, str(size))
    if quantity.parse(str(size)) > quantity.parse(had):
        its = _class(api, found)
        if its is not None and not its.get("allowVolumeExpansion"):
            name = its["metadata"]["name"]
            detail = f"{title} cannot grow from {had} to {size}: the storage class {name} does not allow it."
            hint = f"set allow_volume_expansion = true of the class (kubectl patch storageclass {name} …), or keep the size"
            raise DiagnosticError(error("Claim cannot grow", detail, hint=hint))


def delete(api: Api, operation: Operation) -> Run:
    """Deletes the claim; a bound one only with force_destroy."""

    def allowed(found: Object) -> None:
        if (found.get("status") or {}).get("phase") == "Bound" and not operation.prior.get("force_destroy"):
            detail = f"{PVC.title(operation.prior)} is bound to {found['spec'].get('volumeName')}, which may hold data."
            hint = "set force_destroy = true, apply, and destroy again"
            raise DiagnosticError(error("Claim holds data", detail, hint=hint))

    def status(found: Object) -> str:
        words = operations.remains(found)
        return f"{words}; used by {_users(api, found)}" if PROTECTION in words else words

    return operations.delete(api, operation, allowed, status)


def _users(api: Api, claim: Object) -> str:
    """The pods that mount the claim."""
    namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
    try:
        pods = api.list(f"/api/v1/namespaces/{namespace}/pods", "find the pods that use the claim")
    except Refused as problem:
        if problem.status in (403, 404):
            return "pods that may not be listed"
        raise
    using = [p["metadata"]["name"] for p in pods if name in _claims(p)]
    return "pod " + ", ".join(sorted(using)) if using else "no pod any more"


def _claims(pod: Object) -> list[str]:
    volumes = (pod.get("spec") or {}).get("volumes") or ()
    return [v["persistentVolumeClaim"]["claimName"] for v in volumes if v.get("persistentVolumeClaim")]
