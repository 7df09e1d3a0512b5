"""The journal as objects, since none can be appended to: one object holds the records that threads add at once.

The names of the objects begin with the journal's generation, which the state's own object notes: when the state is replaced,
a new generation begins with it in one step, and all objects of another generation say nothing any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from time import monotonic

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.state.journal import Record, decode_records, encode_record
from kfinfra.state.sealing import JOURNAL, Sealer
from kfinfra.stores.locking import lock_lost
from kfinfra.stores.objects import Objects, Stale

PREFIX = "journal/"
BATCH = 256 * 1024
"""Bytes of records that go into one object, unless one record alone is larger."""
LOOK = 10.0
"""Seconds between two looks at the lock while records are added."""


@dataclass
class _Entry:
    """A line that waits, and how it went."""

    line: bytes
    done: bool = False
    problems: Sequence[Diagnostic] = ()


class JournalObjects:
    """The journal of one generation after the other. `check` raises where the lock was lost."""

    def __init__(self, objects: Objects, sealer: Sealer, check: Callable[[], None]) -> None:
        self._objects, self._sealer, self._check = objects, sealer, check
        self._changed, self._busy = threading.Condition(), False
        self._entries: list[_Entry] = []
        self._known: set[str] = set()
        self._next: dict[str, int] = {}
        self._looked = monotonic()

    def records(self, generation: str) -> list[Record]:
        """The records of a generation. Raises DiagnosticError, also where they are replaced at this moment."""
        names = self._list(generation)
        lines: list[bytes] = []
        for name, data in zip(names, self._objects.contents(names), strict=True):
            if data is None:
                detail = f"{self._objects.shown(name)} went away while it was read: another command has replaced the state."
                raise DiagnosticError(error("The state is being changed", detail, hint="try again"))
            lines.append(self._sealer.open(data, JOURNAL, self._objects.shown(name)))
        return decode_records(b"".join(lines), self._objects.shown(_folder(generation)))

    def append(self, record: Record, generation: str) -> None:
        """Adds a record and waits until it is durable; what threads add meanwhile shares an object. Raises DiagnosticError."""
        entry = _Entry(encode_record(record))
        with self._changed:
            self._entries.append(entry)
            while self._busy and not entry.done:
                self._changed.wait()
            leads = not entry.done
            self._busy = self._busy or leads
        if leads:
            try:
                while not entry.done:
                    self._write_some(generation)
            finally:
                with self._changed:
                    self._busy = False
                    self._changed.notify_all()
        if entry.problems:
            raise DiagnosticError(entry.problems)

    def begin(self, generation: str, records: Iterable[Record]) -> None:
        """Writes the first object of a generation that no state names yet. Raises DiagnosticError."""
        lines = b"".join(map(encode_record, records))
        self._next[generation] = 0
        if lines:
            self._put(generation, lines)

    def sweep(self, generation: str) -> None:
        """Takes away what is known of other generations. What cannot be taken away says nothing, and is swept another time."""
        old = sorted(name for name in self._known if not name.startswith(_folder(generation)))
        try:
            self._objects.delete(old)
        except DiagnosticError:
            return  # the state is written, which is what was asked for
        self._known.difference_update(old)

    def _list(self, generation: str) -> list[str]:
        self._known = set(self._objects.names(PREFIX))
        names = sorted(name for name in self._known if name.startswith(_folder(generation)))
        self._next[generation] = int(names[-1].rpartition("/")[2]) + 1 if names else 0
        return names

    def _write_some(self, generation: str) -> None:
        """One object with the entries that wait: one thread does it for the others too."""
        with self._changed:
            size = count = 0
            for entry in self._entries:
                size += len(entry.line)
                if count and size > BATCH:
                    break
                count += 1
            taken, self._entries = self._entries[:count], self._entries[count:]
        try:
            self._look()
            self._put(generation, b"".join(e.line for e in taken))
        except DiagnosticError as problem:
            for entry in taken:
                entry.problems = problem.diagnostics
        except BaseException:
            for entry in taken:
                entry.problems = [error("The journal was not written", "This command is ending.")]
            raise
        finally:
            with self._changed:
                for entry in taken:
                    entry.done = True
                self._changed.notify_all()

    def _look(self) -> None:
        if monotonic() - self._looked > LOOK:
            self._check()
            self._looked = monotonic()

    def _put(self, generation: str, lines: bytes) -> None:
        if generation not in self._next:
            self._list(generation)
        name = f"{_folder(generation)}{self._next[generation]:010d}"
        data = self._sealer.seal(lines, JOURNAL)
        try:
            self._objects.put(name, data, None)
        except Stale:
            there = self._objects.get(name)
            if there is None or there.data != data:  # equal where the answer to an attempt of ours was lost
                raise lock_lost(self._objects.shown(name)) from None
        self._next[generation] += 1
        self._known.add(name)


def _folder(generation: str) -> str:
    return f"{PREFIX}{generation}/"
