"""Who holds a lock: the details that a lock carries and a message shows, and how long to wait between two attempts."""

from __future__ import annotations

import getpass
import json
import os
import socket
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import monotonic, sleep
from typing import Protocol

from kfinfra.diag import Diagnostic, DiagnosticError, error

FIRST_DELAY, LONGEST_DELAY = 1.0, 16.0
"""Terraform's (internal/states/statemgr/locker.go)."""


@dataclass(frozen=True, slots=True)
class Holder:
    """The holder of a lock."""

    id: str
    operation: str
    who: str
    pid: int
    since: str

    def encode(self) -> bytes:
        """As JSON."""
        return json.dumps(asdict(self), sort_keys=True).encode()

    def __str__(self) -> str:
        return f"{self.operation} (process {self.pid} of {self.who}, since {self.since}, lock {self.id})"


class Locker(Protocol):
    """A lock that a server keeps."""

    def lock(self, operation: str, timeout: float) -> AbstractContextManager[None]:
        """Holds it. Raises DiagnosticError with the holder's details where somebody else has it for longer than `timeout`."""
        ...

    def check(self) -> None:
        """Raises DiagnosticError where the lock was held, and was taken away meanwhile."""
        ...

    def unlock(self, lock_id: str) -> None:
        """Takes the lock of that id away. Raises DiagnosticError where there is none."""
        ...


def new_holder(operation: str) -> Holder:
    """This process."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        user = str(os.getuid())
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(str(uuid.uuid4()), operation, f"{user}@{socket.gethostname()}", os.getpid(), now)


def read_holder(data: bytes) -> Holder | None:
    """The holder that a lock names; None where it cannot be told."""
    try:
        found = json.loads(data)
        return Holder(*(found[n] for n in ("id", "operation", "who", "pid", "since")))
    except (ValueError, KeyError, TypeError):
        return None


def held_by(where: str, holder: Holder | None) -> Diagnostic:
    """The error for a state that somebody else has locked."""
    if holder is None:
        detail = f"{where} is in use, and its lock does not tell by whom."
        return error("State is locked", detail, hint="look at the lock; what is no lock of kfinfra's is taken away by hand")
    hint = (
        "wait for it with -lock-timeout=90s: the lock of a command that was killed ends by itself; to end it at once: "
        f"kfinfra force-unlock {holder.id}"
    )
    return error("State is locked", f"{where} is in use by {holder}.", hint=hint)


def lock_lost(where: str) -> DiagnosticError:
    """The error for a lock that was taken away while it was held."""
    detail = f"The lock of {where} was taken away while this command held it: another command may be at work."
    hint = "nothing more is begun; when nobody else is at work, plan again, which looks up what was begun"
    return DiagnosticError(error("The state's lock was lost", detail, hint=hint))


def not_locked(where: str, lock_id: str, holder: Holder | None) -> DiagnosticError:
    """The error of an unlock that found another lock, or none."""
    if holder is None:
        return DiagnosticError(error("State is not locked", f"Nobody holds a lock of {where}."))
    detail = f"{where} is locked, but not by the lock {lock_id}: it is in use by {holder}."
    return DiagnosticError(error("Cannot unlock the state", detail, hint="give the lock's id as the message tells it"))


def waiting(attempt: Callable[[], Diagnostic | None], timeout: float) -> None:
    """Tries until `attempt` has no reason against it, or the time is over. Raises DiagnosticError with the last reason."""
    deadline, delay = monotonic() + timeout, FIRST_DELAY
    while (why := attempt()) is not None:
        left = deadline - monotonic()
        if left <= 0:
            raise DiagnosticError(why)
        sleep(min(delay, left))
        delay = min(delay * 2, LONGEST_DELAY)
