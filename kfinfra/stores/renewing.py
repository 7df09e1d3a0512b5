"""Locks that a server keeps: taken, renewed as long as they are held, and taken away at the end, whatever happened inside.

Whoever holds one says again and again that it is there, so that the lock of a command that was killed ends by itself. A clock
may differ from a holder's, so one that looks expired is watched for longer than a renewal takes: only one that does not change
meanwhile is taken over. What a holder does that slept through all that is fenced: it looks at its lock before it begins
anything, and the state is replaced only where it is still the one that it read.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.stores.locking import Holder, lock_lost, new_holder, waiting

DURATION = 60
"""Seconds after which a lock that nobody renews is nobody's."""
RENEWAL = 15.0


class RenewedLock(ABC):
    """The lock of the state that is called `where`. `renewal`: seconds between two renewals, of which it outlasts some."""

    def __init__(self, where: str, renewal: float, duration: int) -> None:
        self._where, self._renewal, self._duration = where, renewal, duration
        self._held: Holder | None = None

    @contextmanager
    def lock(self, operation: str, timeout: float) -> Iterator[None]:
        """Holds it, and renews it until the end."""
        holder, ended = new_holder(operation), threading.Event()
        waiting(lambda: self._attempt(holder), timeout)
        try:
            self._prove(holder)
            self._held = holder
            threading.Thread(target=self._renewing, args=(holder, ended), daemon=True).start()
            yield
        except BaseException:
            ended.set()
            self._release_quietly(holder)
            raise
        ended.set()
        self._release(holder)

    def check(self) -> None:
        """Looks whether the lock is still ours. Raises DiagnosticError."""
        if self._held is not None and not self._is_ours(self._held):
            raise lock_lost(self._where)

    @abstractmethod
    def unlock(self, lock_id: str) -> None:
        """Takes away the lock of that id. Raises DiagnosticError."""

    @abstractmethod
    def _attempt(self, holder: Holder) -> Diagnostic | None:
        """Takes it, where it is nobody's; else who has it."""

    def _prove(self, holder: Holder) -> None:  # noqa: B027  # what a server is known to keep needs no proof
        """Asks for what the server must refuse if its lock is one. Raises DiagnosticError."""

    @abstractmethod
    def _is_ours(self, holder: Holder) -> bool:
        """Whether the server says that `holder` has it."""

    @abstractmethod
    def _renew(self, holder: Holder) -> bool:
        """Says that the holder is there; whether the lock is still its own. Raises DiagnosticError."""

    @abstractmethod
    def _take_away(self, holder: Holder) -> None:
        """Ends it where it is still `holder`'s. Raises DiagnosticError."""

    def _renewing(self, holder: Holder, ended: threading.Event) -> None:
        """What fails is seen by `check`, which asks the server itself."""
        while not ended.wait(self._renewal):
            try:
                if not self._renew(holder):
                    return
            except DiagnosticError:
                continue

    def _release(self, holder: Holder) -> None:
        self._held = None
        try:
            self._take_away(holder)
        except DiagnosticError as problem:
            (first, *_) = problem.diagnostics
            detail = f"What was done is recorded, but {self._where} stays locked for {self._duration} s: {first.detail}"
            hint = f"wait, or: kfinfra force-unlock {holder.id}"
            raise DiagnosticError(error("Cannot unlock the state", detail, hint=hint)) from problem

    def _release_quietly(self, holder: Holder) -> None:
        """While something else fails, that is what is told; the lock ends by itself."""
        try:
            self._release(holder)
        except DiagnosticError:
            self._held = None
