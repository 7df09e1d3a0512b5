"""The journal as a file: a line that says which state it goes on from, then a line a record, each on the disk before we go on.

A state is replaced before its journal is: a journal whose first line names another serial than the state's is one that
the state holds already, and says nothing. What a crash tore off at the end is cut off before anything is added.
"""

from __future__ import annotations

import json
import os
import re
import threading
from collections.abc import Iterable
from pathlib import Path

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.state.journal import Record, damaged, decode_records, encode_record
from kfinfra.state.sealing import JOURNAL, Sealer


class JournalFile:
    """The journal at `path`; `path.new` beside it while it is replaced. Methods raise OSError."""

    def __init__(self, path: Path, sealer: Sealer) -> None:
        self.path, self._sealer = path, sealer
        self._fresh = path.with_name(path.name + ".new")
        self._descriptor: int | None = None
        self._writing, self._syncing = threading.Lock(), threading.Lock()
        self._written = self._synced = 0

    def records(self, serial: int) -> list[Record]:
        """What was recorded since the state had `serial`.

        Raises DiagnosticError for a damaged journal, and for one that goes on from a later state: then an earlier state was
        put in the place of the one that it belongs to, and what it says must not be lost.
        """
        for path in (self.path, self._fresh):
            lines = _lines(path, serial)
            if lines is not None:
                return decode_records(self._opened(lines, str(path)), str(path))
        if _serial(self.path) > serial:
            raise DiagnosticError(_later(self.path))
        return []

    def append(self, record: Record, serial: int) -> None:
        """Adds a line and waits until it is on the disk; lines that threads add meanwhile go to the disk together."""
        line = self._sealed(record)
        with self._writing:
            descriptor = self._open(serial)
            end = os.lseek(descriptor, 0, os.SEEK_END)
            try:
                _write_all(descriptor, line)
            except OSError:
                os.ftruncate(descriptor, end)
                raise
            self._written += 1
            mine = self._written
        with self._syncing:
            if self._synced < mine:
                with self._writing:
                    every, descriptor = self._written, self._open(serial)
                os.fdatasync(descriptor)
                self._synced = every

    def prepare(self, records: Iterable[Record], serial: int) -> None:
        """Makes the journal of the state that is about to be written durable, beside the one there is."""
        lines = [self._sealed(record) for record in records]
        self._fresh.unlink(missing_ok=True)
        if lines:
            descriptor = os.open(self._fresh, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_TRUNC, 0o600)
            try:
                _write_all(descriptor, b"".join([_header(serial), *lines]))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def replace(self) -> None:
        """Puts what was prepared in the journal's place: after the state was written."""
        self.close()
        if self._fresh.exists():
            os.replace(self._fresh, self.path)
        else:
            self.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Closes the file; the next record opens it again."""
        with self._writing:
            if self._descriptor is not None:
                os.close(self._descriptor)
                self._descriptor = None

    def _sealed(self, record: Record) -> bytes:
        return self._sealer.seal(encode_record(record).rstrip(b"\n"), JOURNAL) + b"\n"

    def _opened(self, lines: bytes, name: str) -> bytes:
        """The whole lines, each read by itself; what was torn off after the last one is left out."""
        whole = lines.split(b"\n")[:-1]
        return b"".join(self._sealer.open(line, JOURNAL, name) + b"\n" for line in whole)

    def _open(self, serial: int) -> int:
        if self._descriptor is None:
            kept = _lines(self.path, serial)
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            if kept is None:
                os.ftruncate(self._descriptor, 0)
                _write_all(self._descriptor, _header(serial))
            else:
                data = self.path.read_bytes()
                os.ftruncate(self._descriptor, data.rfind(b"\n") + 1)
                os.lseek(self._descriptor, 0, os.SEEK_END)
        return self._descriptor


def _lines(path: Path, serial: int) -> bytes | None:
    """The lines of records; None where the file does not go on from `serial`, or was torn off within its first line.

    Raises DiagnosticError where the first line is whole and says nothing of a serial: what follows may be all that is
    known of objects that were made.
    """
    try:
        first, newline, lines = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return None
    if newline and not _HEADER.fullmatch(first):
        raise DiagnosticError(damaged(str(path), 1, "it does not say which state it goes on from"))
    return lines if newline and first + newline == _header(serial) else None


_HEADER = re.compile(rb'\{"after": (-?\d+)\}')


def _serial(path: Path) -> int:
    """The serial that a journal goes on from; that of no state where it holds no record."""
    try:
        first, _, lines = path.read_bytes().partition(b"\n")
    except FileNotFoundError:
        return -1
    header = _HEADER.fullmatch(first)
    return int(header[1]) if header and lines else -1


def _later(path: Path) -> Diagnostic:
    return error(
        "Journal belongs to a later state",
        f"{path} goes on from a later state than the one that is there: an earlier one was put in its place. The journal tells "
        "of objects that this state does not know.",
        hint=f"put the later state back; or move {path.name} away, and take over with kfinfra import what it names",
    )


def _header(serial: int) -> bytes:
    return json.dumps({"after": serial}).encode() + b"\n"


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]
