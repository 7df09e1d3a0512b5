"""A lock that is a Lease of Kubernetes'."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.failures import Refused
from kfinfra.stores.locking import Holder, held_by, not_locked, read_holder
from kfinfra.stores.renewing import DURATION, RENEWAL, RenewedLock
from kfinfra.stores.secrets import DOMAIN, Place

HOLDER = f"{DOMAIN}/holder"


class LeaseLock(RenewedLock):
    """The lock of a workspace's state."""

    def __init__(self, api: Api, place: Place, renewal: float = RENEWAL, duration: int = DURATION) -> None:
        super().__init__(f"Secret {place.namespace}/{place.name}", renewal, duration)
        self._api, self._place = api, place
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{place.namespace}/leases"

    def unlock(self, lock_id: str) -> None:
        """Takes away the Lease of that holder. Raises DiagnosticError."""
        lease = self._lease()
        holder = _holder(lease) if lease is not None else None
        if lease is not None and holder is None and _identity(lease):
            raise DiagnosticError(held_by(self._where, None))
        if lease is None or holder is None or holder.id != lock_id:
            raise not_locked(self._where, lock_id, holder)
        self._delete(lease)

    def _attempt(self, holder: Holder) -> Diagnostic | None:
        lease = self._lease()
        if lease is None:
            try:
                self._api.create(self._path, self._body(holder), self._doing("lock"))
                return None
            except Refused as problem:
                if problem.status != 409:
                    raise
                lease = self._lease()
        if lease is None or _identity(lease) == holder.id:
            return None if lease is not None else held_by(self._where, None)
        if _identity(lease) and not self._is_over(lease):
            return held_by(self._where, _holder(lease))
        try:
            body = self._body(holder)
            body["metadata"]["resourceVersion"] = lease["metadata"]["resourceVersion"]
            body["spec"]["leaseTransitions"] = int(lease["spec"].get("leaseTransitions") or 0) + 1
            self._api.replace(f"{self._path}/{self._place.name}", body, self._doing("lock"))
        except Refused as problem:
            if problem.status != 409 and not problem.missing:
                raise
            now = self._lease()
            if now is None or _identity(now) != holder.id:  # it is ours where the answer to an attempt was lost
                return held_by(self._where, _holder(now) if now is not None else None)
        return None

    def _is_over(self, lease: dict[str, Any]) -> bool:
        """Whether nobody renews it: it looks expired, and does not change for longer than a renewal takes."""
        try:
            renewed = datetime.fromisoformat(str(lease["spec"]["renewTime"]))
            over = renewed + timedelta(seconds=int(lease["spec"]["leaseDurationSeconds"]))
        except (KeyError, ValueError):
            return False
        if datetime.now(UTC) < over:
            return False
        sleep(self._renewal * 1.5)
        now = self._lease()
        return now is None or now["metadata"]["resourceVersion"] == lease["metadata"]["resourceVersion"]

    def _is_ours(self, holder: Holder) -> bool:
        lease = self._lease()
        return lease is not None and _identity(lease) == holder.id

    def _renew(self, holder: Holder) -> bool:
        lease = self._lease()
        if lease is None or _identity(lease) != holder.id:
            return False
        lease["spec"]["renewTime"] = _now()
        self._api.replace(f"{self._path}/{self._place.name}", lease, self._doing("renew the lock of"))
        return True

    def _take_away(self, holder: Holder) -> None:
        lease = self._lease()
        if lease is not None and _identity(lease) == holder.id:
            self._delete(lease)

    def _lease(self) -> dict[str, Any] | None:
        try:
            found = self._api.get(f"{self._path}/{self._place.name}", self._doing("look at the lock of"))
        except Refused as problem:
            if problem.missing:
                return None
            raise
        return {**found, "spec": found.get("spec") or {}}

    def _delete(self, lease: dict[str, Any]) -> None:
        try:
            self._api.delete(f"{self._path}/{self._place.name}", str(lease["metadata"]["uid"]), self._doing("unlock"))
        except Refused as problem:
            if not problem.missing:
                raise

    def _doing(self, verb: str) -> str:
        return f"{verb} {self._where}"

    def _body(self, holder: Holder) -> dict[str, Any]:
        metadata = {
            "name": self._place.name,
            "namespace": self._place.namespace,
            "labels": self._place.labels,
            "annotations": {HOLDER: holder.encode().decode()},
        }
        now = _now()
        spec = {"holderIdentity": holder.id, "leaseDurationSeconds": self._duration, "acquireTime": now, "renewTime": now}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _identity(lease: dict[str, Any]) -> str:
    return str(lease["spec"].get("holderIdentity") or "")


def _holder(lease: dict[str, Any]) -> Holder | None:
    """Who holds it, as its annotation tells; the Lease of another program has none."""
    written = (lease["metadata"].get("annotations") or {}).get(HOLDER, "")
    holder = read_holder(str(written).encode())
    return holder if holder is not None and holder.id == _identity(lease) else None
