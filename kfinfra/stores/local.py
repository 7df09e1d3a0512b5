"""State in a local file: atomic replacement, an fsynced journal beside it, and a flock with the holder's details."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.state.codec import decode, encode
from kfinfra.state.document import State
from kfinfra.state.journal import Record
from kfinfra.state.sealing import STATE, Sealer, Unsealed
from kfinfra.stores.journal_file import JournalFile

NO_STATE = -1
"""What stands for the serial while there is no state."""


class LocalStore:
    """State at `path`; `path.journal`, `path.lock` and `path.backup` beside it. Files are 0600."""

    def __init__(self, path: Path, sealer: Sealer | None = None) -> None:
        self._path = path
        self._sealer = sealer or Unsealed()
        self._journal = JournalFile(path.with_name(path.name + ".journal"), self._sealer)
        self._lock_path = path.with_name(path.name + ".lock")
        self._serial: int | None = None

    def read(self) -> State | None:
        """The state, or None where the file does not exist."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            self._serial = NO_STATE
            return None
        except OSError as problem:
            raise _failed("read", self._path, problem) from problem
        state = decode(self._sealer.open(data, STATE, str(self._path)), str(self._path))
        self._serial = state.serial
        return state

    def read_journal(self) -> Sequence[Record]:
        """The journal's records."""
        try:
            return self._journal.records(self._known_serial())
        except OSError as problem:
            raise _failed("read", self._journal.path, problem) from problem

    def append(self, record: Record) -> None:
        """Writes one line and waits until it is on the disk."""
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._journal.append(record, self._known_serial())
        except OSError as problem:
            raise _failed("write", self._journal.path, problem) from problem

    def _known_serial(self) -> int:
        if self._serial is None:
            self.read()
        return NO_STATE if self._serial is None else self._serial

    def write(self, state: State, still_open: Iterable[Record] = ()) -> None:
        """Writes a new file, makes it durable, renames it over the old one, then replaces the journal."""
        fresh, document = self._path.with_name(self._path.name + ".new"), self._sealer.seal(encode(state), STATE)
        try:
            with _open(fresh, os.O_TRUNC) as descriptor:
                _write_all(descriptor, document)
                os.fsync(descriptor)
            self._journal.prepare(still_open, state.serial)
            if self._path.exists():
                backup = self._path.with_name(self._path.name + ".backup")
                backup.unlink(missing_ok=True)
                os.link(self._path, backup)
            os.replace(fresh, self._path)
            _sync_folder(self._path.parent)
            self._serial = state.serial
            self._journal.replace()
        except OSError as problem:
            raise _failed("write", self._path, problem) from problem

    @contextmanager
    def lock(self, operation: str, timeout: float) -> Iterator[None]:
        """Holds an exclusive flock; the operating system releases it when the process ends, however it ends."""
        with ExitStack() as held:
            try:
                descriptor = held.enter_context(_open(self._lock_path, 0))
                self._acquire(descriptor, timeout)
                who = {
                    "id": str(uuid.uuid4()),
                    "operation": operation,
                    "pid": os.getpid(),
                    "host": socket.gethostname(),
                    "since": time.time(),
                }
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, json.dumps(who).encode(), 0)
            except OSError as problem:
                raise _failed("lock", self._lock_path, problem) from problem
            try:
                yield
            finally:
                self._journal.close()
                os.ftruncate(descriptor, 0)

    def unlock(self, lock_id: str) -> None:
        """A lock of the operating system cannot be taken from the process that holds it: this says which one that is."""
        try:
            with _open(self._lock_path, 0) as descriptor:
                self._acquire(descriptor, 0.0)
        except DiagnosticError as problem:
            (held,) = problem.diagnostics
            hint = "end that process: its lock goes with it, and what it had begun is recovered by the next command"
            raise DiagnosticError(replace(held, summary="Cannot unlock the state", hint=hint)) from problem
        detail = f"Nobody holds a lock of {self._path}: the lock of a process that was killed is gone already."
        raise DiagnosticError(error("State is not locked", detail))

    def _acquire(self, descriptor: int, timeout: float) -> None:
        deadline = time.monotonic() + timeout
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return
            except BlockingIOError:
                if time.monotonic() >= deadline:
                    raise DiagnosticError(self._held(descriptor)) from None
                time.sleep(0.2)

    def _held(self, descriptor: int) -> Diagnostic:
        try:
            who = json.loads(os.pread(descriptor, 4096, 0))
            since = time.ctime(who["since"])
            holder = (
                f"{who['operation']} (process {who['pid']} on {who['host']}, since {since}, lock {who.get('id', 'without id')})"
            )
        except (ValueError, KeyError):
            holder = "another command"
        return error("State is locked", f"{self._path} is in use by {holder}.", hint="wait for it, or use -lock-timeout=60s")


class LocalWorkspaces:
    """The state of `default` at `path`, those of other workspaces in the folder `path.d`, as in Terraform's local backend."""

    def __init__(self, path: Path, sealer: Sealer | None = None) -> None:
        self._path, self._sealer = path, sealer
        self._folder = path.with_name(path.name + ".d")

    def names(self) -> Iterable[str]:
        """The workspaces that have a state."""
        try:
            return [p.stem for p in self._folder.glob("*.kfstate")]
        except OSError as problem:
            raise _failed("list", self._folder, problem) from problem

    def store(self, name: str) -> LocalStore:
        """Where a workspace's state lies, or would."""
        return LocalStore(self._path if name == "default" else self._at(name), self._sealer)

    def remove(self, name: str) -> None:
        """Removes a workspace's files, its lock's apart: that is held."""
        path = self._at(name)
        try:
            for ending in ("", ".journal", ".journal.new", ".backup", ".new"):
                path.with_name(path.name + ending).unlink(missing_ok=True)
            _sync_folder(self._folder)
        except OSError as problem:
            raise _failed("remove", path, problem) from problem

    def _at(self, name: str) -> Path:
        return self._folder / f"{name}.kfstate"


@contextmanager
def _open(path: Path, flags: int) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | flags, 0o600)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _failed(verb: str, path: Path, problem: OSError) -> DiagnosticError:
    return DiagnosticError(
        error(
            f"Cannot {verb} the state",
            f"{path}: {problem.strerror or problem}.",
            hint="check the folder's permissions and the free space on its disk",
        )
    )


def write_private(path: Path, data: bytes) -> None:
    """Writes a file that only its owner may read, whole or not at all. Raises DiagnosticError."""
    fresh = path.with_name(path.name + ".new")
    try:
        with _open(fresh, os.O_TRUNC) as descriptor:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        os.replace(fresh, path)
    except OSError as problem:
        raise _failed("write", path, problem) from problem
