"""State in objects on a server: fenced by the version that was read, with a journal and a backup beside it.

The state is replaced in one write, which goes through only where the state is still the one that was read: a command whose lock
was taken away cannot overwrite what another one wrote. What it knows is then kept beside the state.
"""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager

from kfinfra.diag import DiagnosticError, error
from kfinfra.state.codec import decode, encode
from kfinfra.state.document import State
from kfinfra.state.journal import Record
from kfinfra.state.sealing import STATE as KIND
from kfinfra.state.sealing import Sealer
from kfinfra.stores.journal_objects import LOOK, PREFIX, JournalObjects, Later, generation_of
from kfinfra.stores.locking import Locker
from kfinfra.stores.objects import Held, Objects, Stale

STATE, BACKUP = "state", "backup"
FIRST = "first"
"""The generation of the journal while there is no state, or one that was put there by other means."""


class RemoteStore:
    """A StateStore over `objects` and `locker`."""

    def __init__(self, objects: Objects, locker: Locker, sealer: Sealer, look: float = LOOK) -> None:
        """`look`: the seconds after which the next record first looks whether the lock is still held."""
        self._objects, self._locker, self._sealer = objects, locker, sealer
        self._journal = JournalObjects(objects, sealer, locker.check, look)
        self._reading = threading.Lock()
        self._read = False
        self._held: Held | None = None
        self._serial: int | None = None

    def read(self) -> State | None:
        """The state, or None where there is none."""
        self._held = self._objects.get(STATE)
        self._read = True
        self._serial = None
        if self._held is None:
            return None
        name = self._objects.shown(STATE)
        state = decode(self._sealer.open(self._held.data, KIND, name), name)
        self._serial = state.serial
        return state

    def read_journal(self) -> Sequence[Record]:
        """The records since that state. Raises DiagnosticError where those that are there go on from a later one."""
        generation = self._generation()
        try:
            return self._journal.records(generation, self._serial)
        except Later as later:
            there = self._objects.get(STATE)
            raise self._put_back(str(later)) if there == self._held else self._replaced() from None

    def append(self, record: Record) -> None:
        """Writes it into an object, together with what other threads add at the same time."""
        self._journal.append(record, self._generation())

    def lock(self, operation: str, timeout: float) -> AbstractContextManager[None]:
        """Holds the server's lock. What was read before is read again."""
        self._read = False
        return self._locker.lock(operation, timeout)

    def unlock(self, lock_id: str) -> None:
        """Takes away somebody's lock."""
        self._locker.unlock(lock_id)

    def write(self, state: State, still_open: Iterable[Record] = ()) -> None:
        """The new journal first, which nothing refers to yet; then the state, which names it; then the old journal goes."""
        self._generation()
        before, generation = self._held, generation_of(state.serial)
        document = self._sealer.seal(encode(state), KIND)
        self._journal.begin(generation, still_open)
        if before is not None:
            self._objects.copy(STATE, BACKUP)
        try:
            version = self._objects.put(STATE, document, before.version if before is not None else None, generation)
        except Stale:
            there = self._objects.get(STATE)
            if there is None or there.note != generation:  # it is ours where the answer to an attempt was lost
                raise self._overtaken(document) from None
            version = there.version
        self._held, self._serial = Held(document, version, generation), state.serial
        self._journal.sweep(generation)

    def remove(self) -> None:
        """Takes the state away, then what belongs to it; the lock is held, and stays."""
        self._objects.delete([STATE])
        self._objects.delete([BACKUP, *self._objects.names(PREFIX)])
        self._read = False

    def _generation(self) -> str:
        with self._reading:
            if not self._read:
                self.read()
        return (self._held.note if self._held is not None else "") or FIRST

    def _put_back(self, folder: str) -> DiagnosticError:
        where = self._objects.shown(folder)
        detail = (
            f"{where} goes on from a later state than {self._objects.shown(STATE)}: an earlier one was put in its place. The "
            "journal tells of objects that this state does not know."
        )
        hint = f"put the later state back; or delete what lies in {where}, and take over with kfinfra import what it names"
        return DiagnosticError(error("Journal belongs to a later state", detail, hint=hint))

    def _replaced(self) -> DiagnosticError:
        detail = f"{self._objects.shown(STATE)} was replaced while it was read."
        return DiagnosticError(error("The state is being changed", detail, hint="try again"))

    def _overtaken(self, document: bytes) -> DiagnosticError:
        """The error for a state that somebody else has written meanwhile. What was not written is kept beside it."""
        kept = f"conflict/{uuid.uuid4().hex[:8]}"
        self._objects.put(kept, document, None)
        detail = (
            f"{self._objects.shown(STATE)} was changed while this command worked on it, so it was not written: that would lose "
            f"what the other command did. What this command knows is kept as {self._objects.shown(kept)}."
        )
        hint = "compare it with kfinfra state pull; what was made meanwhile is found by kfinfra import"
        return DiagnosticError(error("The state was changed by somebody else", detail, hint=hint))
