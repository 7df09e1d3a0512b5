"""Many files moved at once, and how far that is: in bytes, while big ones are under way too."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from typing import TypeVar

from kfinfra.model.ports import Progress

T = TypeVar("T")
Tell = Callable[[int], None]
"""Told how many bytes more have been moved."""
Lanes = Sequence[tuple[int, int]]
"""From which size in bytes on (one from 0), and how many files of such a size are moved at once: big ones hold up no others."""
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
    lanes: Lanes, sizes: Mapping[str, int], one: Callable[[str, Tell], T], kept: Callable[[str, T], None]
) -> Generator[Progress, None, None]:
    """Moves each file (name to bytes) by `one`, as many at a time as its lane has; `kept` gets what came of it, in this thread.

    The first failure ends it, when what runs has ended: what has not begun does not begin. Raises what `one` raises.
    """
    meter, total, told = _Meter(), max(sum(sizes.values()), 1), -1
    ended: queue.SimpleQueue[Future[T]] = queue.SimpleQueue()
    with ExitStack() as stack:
        pools = [(least, stack.enter_context(ThreadPoolExecutor(at_once))) for least, at_once in sorted(lanes, reverse=True)]
        names = {_pool(pools, size).submit(one, name, meter.add): name for name, size in sizes.items()}
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


def _pool(pools: Iterable[tuple[int, ThreadPoolExecutor]], size: int) -> ThreadPoolExecutor:
    return next(pool for least, pool in pools if size >= least)
