"""A server of objects in memory, as `kfinfra.stores.objects` wants one; its clients may end between any two requests."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from kfinfra.stores.objects import Held, Stale
from tests.fakes.world import World


@dataclass
class Memory:
    """What the server holds."""

    held: dict[str, Held] = field(default_factory=dict)
    versions: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class MemoryObjects:
    """A client of the server; with a world, one whose process ends when that has no steps left."""

    def __init__(self, memory: Memory, world: World | None = None) -> None:
        self._memory, self._world = memory, world

    def shown(self, name: str) -> str:
        return f"memory:{name}"

    def get(self, name: str) -> Held | None:
        return self._memory.held.get(name)

    def put(self, name: str, data: bytes, expected: str | None, note: str = "") -> str:
        self._step()
        with self._memory.lock:
            there = self._memory.held.get(name)
            if (there.version if there is not None else None) != expected:
                raise Stale
            self._memory.versions += 1
            self._memory.held[name] = Held(data, str(self._memory.versions), note)
            version = str(self._memory.versions)
        self._step()
        return version

    def copy(self, source: str, target: str) -> None:
        self._step()
        self._memory.held[target] = self._memory.held[source]

    def names(self, prefix: str) -> Sequence[str]:
        return sorted(name for name in self._memory.held if name.startswith(prefix))

    def contents(self, names: Sequence[str]) -> Sequence[bytes | None]:
        return [found.data if (found := self.get(name)) is not None else None for name in names]

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            self._step()
            self._memory.held.pop(name, None)

    def _step(self) -> None:
        if self._world is not None:
            self._world.step()
