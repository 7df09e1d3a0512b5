"""The end of a command that somebody interrupts."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SHOW_CURSOR = b"\x1b[?25h\n"


@contextmanager
def stopping(told: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, and tells of; the second one ends the process at once (the journal covers it).

    SIGTERM is as Ctrl-C, as terraform has it: what a CI job that is cancelled is sent.
    """
    stop = threading.Event()

    def interrupted(number: int, frame: object) -> None:
        if stop.is_set():
            if os.isatty(2):
                os.write(2, SHOW_CURSOR)
            os._exit(130)
        stop.set()
        told()

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
