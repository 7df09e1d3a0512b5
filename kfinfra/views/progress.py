"""Progress in plain lines, as CI wants them: one when an operation begins, one every ten seconds, one when it ends."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TextIO

from kfinfra.diag import Diagnostic
from kfinfra.model.address import Address
from kfinfra.plan.change import Change
from kfinfra.views.durations import duration
from kfinfra.views.tracking import DOING, DONE, Tracking, Underway, state_of, told


class PlainProgress(Tracking):
    """Lines on a stream."""

    def __init__(self, stream: TextIO, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(clock)
        self._stream = stream

    def say(self, line: str) -> None:
        """Writes a line."""
        with self.lock:
            self.tell(lambda text: print(text, file=self._stream, flush=True), line)

    def recovered(self, address: Address, what: str) -> None:
        """One line."""
        self.say(f"{address}: left open by an earlier command: {what}")

    def adopted(self, change: Change) -> None:
        """One line."""
        self.say(told(change))

    def refresh_started(self, provider: str, count: int) -> None:
        """One line a provider, not one an object."""
        self.say(f"{provider}: Refreshing {count} object{'s' if count != 1 else ''}...")

    def reading(self, provider: str, count: int) -> None:
        """One line a provider."""
        self.say(f"{provider}: Reading {count} data source{'s' if count != 1 else ''}...")

    def began(self, operation: Underway) -> None:
        """The beginning."""
        self.say(f"{operation.address}: {DOING[operation.action]}...")

    def tick(self) -> None:
        """Every ten seconds of an operation, with what it waits for."""
        for operation, seconds in self.due():
            still = f"{operation.address}: Still {DOING[operation.action].lower()}... [{duration(seconds)} elapsed]"
            self.say(f"{still} {state_of(operation)}".rstrip())

    def ended(self, operation: Underway, seconds: float) -> None:
        """The end."""
        self.say(f"{operation.address}: {DONE[operation.action]} complete after {duration(seconds)}")

    def failed(self, operation: Underway, seconds: float, diagnostics: Sequence[Diagnostic]) -> None:
        """The end, with the first words of why; the whole comes after the apply."""
        self.say(f"{operation.address}: {DONE[operation.action]} failed after {duration(seconds)}: {diagnostics[0].summary}")

    def operation_skipped(self, address: Address, because: Address) -> None:
        """Why it was not begun."""
        self.say(f"{address}: Skipped, because {because} failed")
