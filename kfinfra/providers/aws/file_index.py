"""What was last known of the files of a folder, kept on the disk so that unchanged ones are not read again.

The index holds size, times, inode and digest of each file, in the order in which a folder is walked: it is read and written
beside the walk, and never held whole. As in git's index, a file that was changed so late that its time may hide a second change
(not older than the look) is read again (git's "racy" entries).
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, Protocol

import msgspec

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.address import Address

CHUNK = 1000
"""So many files of a folder in one line."""
TICK = 20_000_000
"""Nanoseconds by which a file's times may lie behind the clock: Linux stamps files with the time of its last tick (10 ms)."""


class Look(NamedTuple):
    """What tells, without reading it, that a file is still the same."""

    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    def is_older_than(self, when: int) -> bool:
        """Whether every change since `when` (as `now` gives it) shows in the times."""
        return max(self.mtime_ns, self.ctime_ns) < when


class Entry(NamedTuple):
    """A file of a folder: its name there, what it looked like, its sha256."""

    name: str
    look: Look
    sha256: str


class Add(Protocol):
    """Takes the next file; `folder` is the path of its folder below the root, with a `/` at its end, or empty."""

    def __call__(self, folder: str, entry: Entry) -> None:
        """In the order of the walk."""
        ...


def index_path(root: Path, address: Address) -> Path:
    """Where the index of a sync lies in the working folder."""
    return root / ".kfinfra" / "cache" / "files" / f"{str(address).replace('/', '_')}.json"


def now() -> int:
    """A time that no file that is changed from here on is older than."""
    return time.time_ns() - TICK


def look(path: str | Path) -> Look:
    """What a file looks like. Raises OSError."""
    stat = os.stat(path, follow_symlinks=False)
    return Look(stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino)


def known(index: Path) -> Iterator[tuple[str, Entry]]:
    """Folder and entry of each file whose digest can be trusted as long as it looks the same, in the order of the walk.

    An index that is missing or damaged, from there on, only costs time: it is made anew.
    """
    try:
        with index.open("rb") as stream:
            looked = msgspec.json.decode(stream.readline(), type=int)
            for line in stream:
                folder, entries = msgspec.json.decode(line, type=tuple[str, list[Entry]])
                yield from ((folder, entry) for entry in entries if entry.look.is_older_than(looked))
    except (OSError, msgspec.DecodeError):
        return


def vouched(index: Path, names: Collection[str]) -> dict[str, Entry]:
    """What is known of these files, by their paths below the root."""
    return {folder + entry.name: entry for folder, entry in known(index) if folder + entry.name in names}


@contextmanager
def rewriting(index: Path, began: int) -> Iterator[Add]:
    """Writes the index anew in the place of the old one, which may be read until then. Raises DiagnosticError."""
    fresh = index.with_name(f"{index.name}.{os.getpid()}")
    try:
        index.parent.mkdir(parents=True, exist_ok=True)
        fresh.touch(0o600)
        with fresh.open("wb") as stream:
            lines = _Lines(stream)
            stream.write(b"%d\n" % began)
            yield lines.add
            lines.end()
        fresh.replace(index)
    except OSError as problem:
        detail = f"{index}: {problem.strerror or problem}."
        raise DiagnosticError(error("Cannot write the index of files", detail, hint="check the folder and its disk")) from problem
    finally:
        fresh.unlink(missing_ok=True)


class _Lines:
    """A line for each folder, or for a thousand files of it."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream, self._folder = stream, ""
        self._entries: list[Entry] = []

    def add(self, folder: str, entry: Entry) -> None:
        """The next file."""
        if folder != self._folder or len(self._entries) == CHUNK:
            self.end()
        self._folder = folder
        self._entries.append(entry)

    def end(self) -> None:
        """Writes what is not written yet."""
        if self._entries:
            self._stream.write(msgspec.json.encode((self._folder, self._entries)) + b"\n")
        self._entries = []
