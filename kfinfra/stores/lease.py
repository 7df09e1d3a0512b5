"""A lock that is a Lease: whoever holds it renews it, so that the lock of a command that was killed ends by itself.

A holder's clock may differ from ours, so a Lease that looks expired is watched for longer than a renewal takes: only one that
does not change meanwhile is taken over.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.failures import Refused
from kfinfra.stores.locking import Holder, held_by, lock_lost, new_holder, not_locked, read_holder, waiting
from kfinfra.stores.secrets import DOMAIN, Place

HOLDER = f"{DOMAIN}/holder"
DURATION = 60
"""Seconds after which a Lease that nobody renews is nobody's."""
RENEWAL = 15.0


class LeaseLock:
    """The lock of a workspace's state. `renewal`: seconds between two renewals."""

    def __init__(self, api: Api, place: Place, renewal: float = RENEWAL, duration: int = DURATION) -> None:
        self._api, self._place, self._renewal, self._duration = api, place, renewal, duration
        self._path = f"/apis/coordination.k8s.io/v1/namespaces/{place.namespace}/leases"
        self._held: Holder | None = None
        self._where = f"Secret {place.namespace}/{place.name}"

    @contextmanager
    def lock(self, operation: str, timeout: float) -> Iterator[None]:
        """Holds the Lease, and renews it until the end."""
        holder = new_holder(operation)
        waiting(lambda: self._attempt(holder), timeout)
        self._held = holder
        ended = threading.Event()
        renewing = threading.Thread(target=self._renew, args=(holder, ended), daemon=True)
        renewing.start()
        try:
            yield
        except BaseException:
            ended.set()
            self._release_quietly(holder)
            raise
        ended.set()
        self._release(holder)

    def check(self) -> None:
        """Looks whether the Lease is still ours. Raises DiagnosticError."""
        if self._held is not None:
            lease = self._lease()
            if lease is None or lease["spec"].get("holderIdentity") != self._held.id:
                raise lock_lost(self._where)

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

    def _renew(self, holder: Holder, ended: threading.Event) -> None:
        """Says again and again that we are there. What fails is seen by `check`, which asks the server itself."""
        while not ended.wait(self._renewal):
            try:
                lease = self._lease()
                if lease is None or _identity(lease) != holder.id:
                    return
                lease["spec"]["renewTime"] = _now()
                self._api.replace(f"{self._path}/{self._place.name}", lease, self._doing("renew the lock of"))
            except DiagnosticError:
                continue

    def _release(self, holder: Holder) -> None:
        self._held = None
        try:
            lease = self._lease()
            if lease is not None and _identity(lease) == holder.id:
                self._delete(lease)
        except DiagnosticError as problem:
            (first, *_) = problem.diagnostics
            detail = f"What was done is recorded, but {self._where} stays locked for {self._duration} s: {first.detail}"
            hint = f"wait, or: kfinfra force-unlock {holder.id}"
            raise DiagnosticError(error("Cannot unlock the state", detail, hint=hint)) from problem

    def _release_quietly(self, holder: Holder) -> None:
        """While something else fails, that is what is told; the Lease ends by itself."""
        try:
            self._release(holder)
        except DiagnosticError:
            self._held = None

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
