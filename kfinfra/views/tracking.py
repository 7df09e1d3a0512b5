"""What runs at this moment: the part that all views of progress share. A thread of its own makes time pass for them.

Hooks come from several threads; what a subclass is told here, it is told under the lock, one thing at a time.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from kfinfra.diag import Diagnostic
from kfinfra.engine.hooks import Hooks
from kfinfra.model.address import Address
from kfinfra.plan.change import Action, Change

DOING = {Action.CREATE: "Creating", Action.UPDATE: "Modifying", Action.DELETE: "Destroying", Action.READ: "Reading"}
DONE = {Action.CREATE: "Creation", Action.UPDATE: "Modification", Action.DELETE: "Destruction", Action.READ: "Read"}
INTERRUPTED = "Interrupted: finishing what runs. Once more stops at once."
REPEAT = 10.0
"""Seconds after which a running operation is told of again, as Terraform does."""


@dataclass(slots=True)
class Underway:
    """A running operation: since when (the clock's seconds), its last status, how far its transfer is, reports made."""

    change: Change
    action: Action
    begun: float
    status: str = ""
    done: int = 0
    total: int = 0
    unit: str = ""
    reports: int = 0

    @property
    def address(self) -> Address:
        """The resource's address."""
        return self.change.address


class Tracking(Hooks):
    """Knows what runs. Subclasses override `began`, `ended`, `failed` and `tick`; `close` ends the thread."""

    interval = 1.0

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.underway: dict[Address, Underway] = {}
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._deaf = False

    def began(self, operation: Underway) -> None:
        """An operation has begun."""

    def ended(self, operation: Underway, seconds: float) -> None:
        """It has succeeded, after so long."""

    def failed(self, operation: Underway, seconds: float, diagnostics: Sequence[Diagnostic]) -> None:
        """It has failed, after so long."""

    def tick(self) -> None:
        """Time has passed. Called under the lock every `interval` seconds while something runs."""

    def close(self) -> None:
        """The end of the command: no more is told."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def operation_started(self, change: Change, action: Action) -> None:
        """Remembers it."""
        with self.lock:
            operation = self.underway[change.address] = Underway(change, action, self.clock())
            self.began(operation)
            self.run()

    def operation_status(self, address: Address, status: str) -> None:
        """Remembers the status; the next tick tells it."""
        with self.lock:
            self.underway[address].status = status

    def operation_progress(self, address: Address, done: int, total: int, unit: str) -> None:
        """Remembers how far it is; the next tick tells it."""
        with self.lock:
            operation = self.underway[address]
            operation.done, operation.total, operation.unit = done, total, unit

    def operation_done(self, address: Address, action: Action, seconds: float) -> None:
        """Forgets it."""
        with self.lock:
            self.ended(self.underway.pop(address), seconds)

    def operation_failed(self, address: Address, action: Action, diagnostics: Sequence[Diagnostic]) -> None:
        """Forgets it."""
        with self.lock:
            operation = self.underway.pop(address)
            self.failed(operation, self.clock() - operation.begun, diagnostics)

    def interrupted(self) -> None:
        """Ctrl-C was pressed. Called from a signal handler, in the middle of anything: no lock is taken, no buffer used."""
        os.write(2, f"\n{INTERRUPTED}\n".encode())

    def tell(self, write: Callable[[str], object], text: str) -> None:
        """Writes. Where nobody listens any more (a closed pipe, a terminal that is gone) the work goes on in silence."""
        if not self._deaf:
            try:
                write(text)
            except OSError:
                self._deaf = True

    def due(self) -> list[tuple[Underway, float]]:
        """What is to be told of again, with the seconds since its beginning: each running operation every ten seconds."""
        found = []
        for operation in self.underway.values():
            reports = int((self.clock() - operation.begun) // REPEAT)
            if reports > operation.reports:
                operation.reports = reports
                found.append((operation, reports * REPEAT))
        return found

    def run(self) -> None:
        """Starts the thread that ticks, where it does not run yet."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._pass_time, name="progress", daemon=True)
            self._thread.start()

    def _pass_time(self) -> None:
        while not self._stop.wait(self.interval):
            with self.lock:
                if not self._stop.is_set():
                    self.tick()


def state_of(operation: Underway) -> str:
    """What is known of a running operation beside its time: its status, how far it is."""
    done = quantity(operation.done, operation.unit) if operation.unit == "bytes" else str(operation.done)
    far = f"{done} of {quantity(operation.total, operation.unit)}" if operation.total else ""
    return ", ".join(part for part in (operation.status, far) if part)


def quantity(count: int, unit: str) -> str:
    """`3 files`, `1.5 GiB`."""
    if unit != "bytes":
        return f"{count} {unit}"
    size, names = float(count), ["TiB", "GiB", "MiB", "KiB", "B"]
    while size >= 1024 and len(names) > 1:
        size, _ = size / 1024, names.pop()
    return f"{count} B" if names[-1] == "B" else f"{size:.1f} {names[-1]}"


def told(change: Change) -> str:
    """That an object was moved, imported or let go of."""
    if change.importing:
        return f"{change.address}: Import complete [id={change.importing}]"
    if change.action is Action.FORGET:
        return f"{change.address}: Forgotten, and left in place"
    return f"{change.address}: Moved from {change.previous}"
