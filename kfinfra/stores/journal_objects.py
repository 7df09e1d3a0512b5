"""The journal as objects, since none can be appended to: one object holds the records that threads add at once.

The names of the objects begin with the journal's generation, which the state's own object notes: when the state is replaced,
a new generation begins with it in one step, and all objects of another generation say nothing any more.

A generation's name begins with the serial of its state, so that an earlier state that was put back by hand is told from one whose
journal was swept: objects of a later generation hold what is known of objects that the state does not know.
"""

from __future__ import annotations

import re
import threading
import uuid
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
_NUMBERED = re.compile(r"(\d+)-[0-9a-f]{32}")


class Later(Exception):
    """There are records of a later state than the one that is there: the argument is what they lie in."""


def generation_of(serial: int) -> str:
    """The name of a new generation, for the state with that serial."""
    return f"{serial}-{uuid.uuid4().hex}"


@dataclass
class _Entry:
    """A line that waits, and how it went."""

    line: bytes
    done: bool = False
    problems: Sequence[Diagnostic] = ()


class JournalObjects:
    """The journal of one generation after the other. `check` raises where the lock was lost."""

    def __init__(self, objects: Objects, sealer: Sealer, check: Callable[[], None], look: float = LOOK) -> None:
        self._objects, self._sealer, self._check, self._look_every = objects, sealer, check, look
        self._changed, self._busy = threading.Condition(), False
        self._entries: list[_Entry] = []
        self._known: set[str] = set()
        self._next: dict[str, int] = {}
        self._looked = monotonic()

    def records(self, generation: str, serial: int | None) -> list[Record]:
        """The records of a generation; `serial` is its state's, None where there is none.

        Raises DiagnosticError, also where they are replaced at this moment; Later.
        """
        names = self._list(generation)
        self._check_later(generation, serial)
        lines: list[bytes] = []
        for name, data in zip(names, self._objects.contents(names), strict=True):
            if data is None:
                detail = f"{self._objects.shown(name)} went away while it was read: another command has replaced the state."
                raise DiagnosticError(error("The state is being changed", detail, hint="try again"))
            lines.append(self._sealer.open(data, JOURNAL, self._objects.shown(name)))
        return decode_records(b"".join(lines), self._objects.shown(_folder(generation)))

    def _check_later(self, generation: str, serial: int | None) -> None:
        """The first object of a generation may have been written for a state that never was, where it repeats our own records."""
        own = any(name.startswith(_folder(generation)) for name in self._known)
        for name in sorted(self._known):
            other, _, number = name.removeprefix(PREFIX).partition("/")
            found = _NUMBERED.fullmatch(other)
            if other == generation or found is None or int(found[1]) <= (-1 if serial is None else serial):
                continue
            if int(number) > 0 or (serial is not None and not own):
                raise Later(_folder(other))

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
        self._next[generation] = 1  # what is added later proves that the state was written

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
        self._next[generation] = int(names[-1].rpartition("/")[2]) + 1 if names else 1
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
        if monotonic() - self._looked > self._look_every:
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
