"""A lock that is an object: who could make it holds it. As good as the server's conditional writes, so these are tried first."""

from __future__ import annotations

import json
from dataclasses import asdict
from time import sleep

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.stores.locking import Holder, held_by, not_locked, read_holder
from kfinfra.stores.objects import Held, Objects, Stale
from kfinfra.stores.renewing import DURATION, RENEWAL, RenewedLock

LOCK = "lock"


class LockObject(RenewedLock):
    """The lock of the state that `objects` hold."""

    def __init__(self, objects: Objects, state: str, renewal: float = RENEWAL, duration: int = DURATION) -> None:
        super().__init__(objects.shown(state), renewal, duration)
        self._objects = objects
        self._version, self._renewals = "", 0

    def unlock(self, lock_id: str) -> None:
        """Takes away the lock of that id. Raises DiagnosticError."""
        found = self._objects.get(LOCK)
        holder = read_holder(found.data) if found is not None else None
        if found is not None and holder is None:
            raise DiagnosticError(held_by(self._where, None))
        if holder is None or holder.id != lock_id:
            raise not_locked(self._where, lock_id, holder)
        self._objects.delete([LOCK])

    def _attempt(self, holder: Holder) -> Diagnostic | None:
        if self._written(holder, None):
            return None
        found = self._objects.get(LOCK)
        if found is not None and self._is_over(found) and self._written(holder, found.version):
            return None
        there = self._objects.get(LOCK)
        if there is None and self._written(holder, None):  # it was released while we looked
            return None
        return held_by(self._where, read_holder(there.data) if there is not None else None)

    def _written(self, holder: Holder, expected: str | None) -> bool:
        """Writes the lock in the place of what is expected there; whether it is ours now."""
        try:
            self._version = self._objects.put(LOCK, self._document(holder), expected)
        except Stale:
            found = self._objects.get(LOCK)
            if found is None or read_holder(found.data) != holder:
                return False
            self._version = found.version  # ours where the answer to an attempt was lost
        return True

    def _is_over(self, found: Held) -> bool:
        """Whether nobody renews it: it is as old as it may become, and does not change for longer than a renewal takes."""
        lasts = _lasts(found.data)
        if lasts is None or found.age < lasts:
            return False
        sleep(self._renewal * 1.5)
        now = self._objects.get(LOCK)
        return now is not None and now.version == found.version

    def _prove(self, holder: Holder) -> None:
        """Asks for what must be refused: another lock in the place of this one. Raises DiagnosticError where it is granted."""
        for expected, header in ((None, "If-None-Match"), ('"00000000000000000000000000000000"', "If-Match")):
            try:
                self._objects.put(LOCK, self._document(holder), expected)
            except Stale:
                continue
            detail = (
                f"The server ignores conditional writes ({header}): it wrote {self._objects.shown(LOCK)} although it should have "
                "answered 412. Two commands could change the state at the same time, and one of them would lose what it did."
            )
            hint = "use a server that honours them, as S3 and MinIO do; nothing was changed"
            raise DiagnosticError(error("This server cannot hold a state", detail, hint=hint))

    def _is_ours(self, holder: Holder) -> bool:
        found = self._objects.get(LOCK)
        return found is not None and read_holder(found.data) == holder

    def _renew(self, holder: Holder) -> bool:
        self._renewals += 1
        return self._written(holder, self._version)

    def _take_away(self, holder: Holder) -> None:
        if self._is_ours(holder):
            self._objects.delete([LOCK])

    def _document(self, holder: Holder) -> bytes:
        """The holder, for how long the lock lasts without a renewal, and which renewal this is: each has a content of its own."""
        return json.dumps({**asdict(holder), "lasts": self._duration, "renewals": self._renewals}, sort_keys=True).encode()


def _lasts(data: bytes) -> float | None:
    """For how long a lock lasts; None where it does not say, as those of an earlier release, which nobody renews."""
    try:
        return float(json.loads(data)["lasts"])
    except (ValueError, KeyError, TypeError):
        return None
