"""That a sandbox is there: a file which its process holds locked as long as it lives, and the files that lead clients to it.

What leads to it may be lost or damaged while it runs. It puts that right again by itself, so that no second sandbox is started
beside it; and it ends where its folder was taken away, since nobody could find it any more.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

RUNNING = "running"
LOOK = 1.0
"""Seconds between two looks at the files."""


class Presence:
    """A running sandbox's hold on its folder."""

    def __init__(self, folder: Path) -> None:
        """Raises BlockingIOError where another process holds the folder."""
        self._path = folder / RUNNING
        self._stream: IO[str] = self._path.open("a")
        fcntl.flock(self._stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._stream.truncate(0)
        self._stream.write(str(os.getpid()))
        self._stream.flush()

    def keep(self, files: Mapping[Path, str], stop: threading.Event) -> None:
        """Returns when `stop` is set or the folder is gone; until then the files hold what they should."""
        while not stop.wait(LOOK):
            if not self._is_there():
                return
            for path, text in files.items():
                if _content(path) != text:
                    write(path, text)

    def _is_there(self) -> bool:
        try:
            return os.path.samestat(self._path.stat(), os.fstat(self._stream.fileno()))
        except OSError:
            return False


def holder(folder: Path) -> int | None:
    """The process that holds the folder, 0 where it does not say which; None where none does."""
    try:
        with (folder / RUNNING).open() as stream:
            try:
                fcntl.flock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                said = stream.read()
                return int(said) if said.isdecimal() else 0
    except OSError:
        return None
    return None


def write(path: Path, text: str) -> None:
    """Writes a file (0600) whole or not at all."""
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(text)
    fresh.replace(path)


def _content(path: Path) -> str | None:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return None
