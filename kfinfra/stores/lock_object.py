"""A lock that is an object: who could make it holds it. As good as the server's conditional writes, so these are tried first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.stores.locking import Holder, held_by, lock_lost, new_holder, not_locked, read_holder, waiting
from kfinfra.stores.objects import Objects, Stale

LOCK = "lock"


class LockObject:
    """The lock of the state that `objects` hold."""

    def __init__(self, objects: Objects, state: str) -> None:
        self._objects, self._state = objects, state
        self._held: Holder | None = None

    @contextmanager
    def lock(self, operation: str, timeout: float) -> Iterator[None]:
        """Holds the object; takes it away at the end, whatever happened inside."""
        holder = new_holder(operation)
        waiting(lambda: self._attempt(holder), timeout)
        try:
            self._prove(holder)
            self._held = holder
            yield
        except BaseException:
            self._release_quietly(holder)
            raise
        self._release(holder)

    def check(self) -> None:
        """Looks whether the lock is still ours. Raises DiagnosticError."""
        if self._held is not None and self._owner() != self._held:
            raise lock_lost(self._where)

    def unlock(self, lock_id: str) -> None:
        """Takes away the lock of that id. Raises DiagnosticError."""
        found = self._objects.get(LOCK)
        holder = read_holder(found.data) if found is not None else None
        if found is not None and holder is None:
            raise DiagnosticError(held_by(self._where, None))
        if holder is None or holder.id != lock_id:
            raise not_locked(self._where, lock_id, holder)
        self._objects.delete([LOCK])

    @property
    def _where(self) -> str:
        return self._objects.shown(self._state)

    def _owner(self) -> Holder | None:
        found = self._objects.get(LOCK)
        return read_holder(found.data) if found is not None else None

    def _attempt(self, holder: Holder) -> Diagnostic | None:
        try:
            self._objects.put(LOCK, holder.encode(), None)
        except Stale:
            found = self._objects.get(LOCK)
            there = read_holder(found.data) if found is not None else None
            return None if there == holder else held_by(self._where, there)  # an answer may have been lost: then it is ours
        return None

    def _prove(self, holder: Holder) -> None:
        """Asks for what must be refused: another lock in the place of this one. Raises DiagnosticError where it is granted."""
        for expected, header in ((None, "If-None-Match"), ('"00000000000000000000000000000000"', "If-Match")):
            try:
                self._objects.put(LOCK, holder.encode(), expected)
            except Stale:
                continue
            detail = (
                f"The server ignores conditional writes ({header}): it wrote {self._objects.shown(LOCK)} although it should have "
                "answered 412. Two commands could change the state at the same time, and one of them would lose what it did."
            )
            hint = "use a server that honours them, as S3 and MinIO do; nothing was changed"
            raise DiagnosticError(error("This server cannot hold a state", detail, hint=hint))

    def _release(self, holder: Holder) -> None:
        self._held = None
        try:
            if self._owner() == holder:
                self._objects.delete([LOCK])
        except DiagnosticError as problem:
            (first, *_) = problem.diagnostics
            detail = f"What was done is recorded, but {self._where} stays locked: {first.detail}"
            hint = f"kfinfra force-unlock {holder.id}"
            raise DiagnosticError(error("Cannot unlock the state", detail, hint=hint)) from problem

    def _release_quietly(self, holder: Holder) -> None:
        """While something else fails, that is what is told; a lock that stays tells its own id to the next command."""
        try:
            self._release(holder)
        except DiagnosticError:
            self._held = None
