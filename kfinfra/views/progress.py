"""Progress in plain lines, as CI wants them: one when an operation begins, one every ten seconds, one when it ends."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Sequence

from kfinfra.diag import Diagnostic
from kfinfra.engine.hooks import Hooks
from kfinfra.model.address import Address
from kfinfra.plan.change import Action, Change

_DOING = {Action.CREATE: "Creating", Action.UPDATE: "Modifying", Action.DELETE: "Destroying"}
_DONE = {Action.CREATE: "Creation", Action.UPDATE: "Modification", Action.DELETE: "Destruction"}


class PlainProgress(Hooks):
    """Lines on stderr."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun: dict[Address, tuple[Action, float]] = {}
        self._said: dict[Address, float] = {}

    def _say(self, line: str) -> None:
        with self._lock:
            print(line, file=sys.stderr, flush=True)

    def recovered(self, address: Address, what: str) -> None:
        """One line."""
        self._say(f"{address}: left open by an earlier command: {what}")

    def refresh_started(self, provider: str, count: int) -> None:
        """One line a provider, not one an object."""
        self._say(f"{provider}: Refreshing {count} object{'s' if count != 1 else ''}...")

    def operation_started(self, change: Change, action: Action) -> None:
        """The beginning."""
        self._begun[change.address] = (action, time.monotonic())
        self._say(f"{change.address}: {_DOING[action]}...")

    def operation_status(self, address: Address, status: str) -> None:
        """What it waits for, at most every ten seconds."""
        action, begun = self._begun[address]
        now = time.monotonic()
        if now - self._said.get(address, begun) >= 10:
            self._said[address] = now
            self._say(f"{address}: Still {_DOING[action].lower()}... [{now - begun:.0f}s elapsed] {status}")

    def operation_progress(self, address: Address, done: int, total: int, unit: str) -> None:
        """How far it is, at most every ten seconds."""
        self.operation_status(address, f"{done} of {total} {unit}")

    def operation_done(self, address: Address, action: Action, seconds: float) -> None:
        """The end."""
        self._say(f"{address}: {_DONE[action]} complete after {seconds:.0f}s")

    def operation_failed(self, address: Address, action: Action, diagnostics: Sequence[Diagnostic]) -> None:
        """The end, with the first words of why; the whole comes after the apply."""
        self._say(f"{address}: {_DONE[action]} failed: {diagnostics[0].summary}")

    def operation_skipped(self, address: Address, because: Address) -> None:
        """Why it was not begun."""
        self._say(f"{address}: Skipped, because {because} failed")
