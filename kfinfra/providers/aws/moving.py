"""Many files moved at once, and how far that is: in bytes, while big ones are under way too."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from kfinfra.model.ports import Progress

T = TypeVar("T")
Tell = Callable[[int], None]
"""Told how many bytes more have been moved."""
EVERY = 0.5
"""Seconds between two looks at what is under way."""


class _Meter:
    """Bytes so far, counted from many threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.count = 0

    def add(self, more: int) -> None:
        """Some more."""
        with self._lock:
            self.count += more


def moved(
    at_once: int, sizes: Mapping[str, int], one: Callable[[str, Tell], T], kept: Callable[[str, T], None]
) -> Generator[Progress, None, None]:
    """Moves each file (name to bytes) by `one`, `at_once` at a time; `kept` gets what came of it, in this thread.

    The first failure ends it, when what runs has ended: what has not begun does not begin. Raises what `one` raises.
    """
    meter, total, told = _Meter(), max(sum(sizes.values()), 1), -1
    ended: queue.SimpleQueue[Future[T]] = queue.SimpleQueue()
    with ThreadPoolExecutor(at_once) as pool:
        names = {pool.submit(one, name, meter.add): name for name in sizes}
        try:
            for future in names:
                future.add_done_callback(ended.put)
            left = len(names)
            while left:
                try:
                    future = ended.get(timeout=EVERY)
                except queue.Empty:
                    pass  # nothing has ended, but some of it may have moved
                else:
                    left -= 1
                    kept(names[future], future.result())
                if meter.count != told or not left:
                    told = meter.count
                    yield Progress(total if not left else min(told, total), total)
        finally:
            for future in names:
                future.cancel()
