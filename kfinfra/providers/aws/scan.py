"""What lies in a folder: path to sha256 of each file. Files that have not changed since the last look are not read again.

The index keeps size, times and inode of each file beside its digest. As in git's index, a file that was changed so late
that its time may hide a second change (not older than the index) is read again (git's "racy" entries).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from kfinfra.diag import DiagnosticError, error


def scan(root: Path, exclude: Sequence[str], index: Path, afresh: bool = False) -> dict[str, str]:
    """Path (with `/`) to sha256 of every regular file below `root`; links are not followed. `index` may not exist yet.

    With `afresh` every file is read, whatever the index says. `exclude` are patterns as in .gitignore.
    Raises DiagnosticError where the folder is missing or holds no file.
    """
    if not root.is_dir():
        raise DiagnosticError(error("Source folder is missing", f"{root} is not a folder.", hint="check `source`"))
    known, looked = ({}, 0) if afresh else _read(index)
    began = time.time_ns()
    fresh = {name: _entry(entry, known.get(name), looked) for name, entry in _files(root, exclude)}
    if not fresh:
        hint = "an empty source is never synced: check `source` and `exclude`"
        raise DiagnosticError(error("Source folder is empty", f"{root} holds no file to sync.", hint=hint))
    if fresh != known:
        _write(index, {"looked": began, "files": fresh})
    return {name: str(entry[-1]) for name, entry in sorted(fresh.items())}


def _files(root: Path, exclude: Sequence[str]) -> Iterator[tuple[str, os.DirEntry[str]]]:
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(exclude) if exclude else None
    folders = [("", str(root))]
    while folders:
        prefix, folder = folders.pop()
        with os.scandir(folder) as entries:
            for entry in entries:
                name = prefix + entry.name
                if entry.is_dir(follow_symlinks=False):
                    folders.append((f"{name}/", entry.path))
                elif entry.is_file(follow_symlinks=False) and not (spec and spec.match_file(name)):
                    yield name, entry


def _entry(file: os.DirEntry[str], known: list[Any] | None, looked: int) -> list[Any]:
    stat = file.stat()
    now = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    if known is not None and known[:-1] == now and max(now[1], now[2]) < looked:
        return known
    return [*now, digest(Path(file.path))]


def digest(path: Path) -> str:
    """The sha256 (hex) of a file. Raises DiagnosticError."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a file", f"{path}: {problem.strerror or problem}.")) from problem


def _read(index: Path) -> tuple[dict[str, list[Any]], int]:
    """The index's entries and when its look began. One that is missing or damaged is made anew: it only saves time."""
    try:
        found = msgspec.json.decode(index.read_bytes())
        return found["files"], found["looked"]
    except (OSError, ValueError, KeyError, TypeError, msgspec.DecodeError):
        return {}, 0


def _write(index: Path, content: object) -> None:
    try:
        index.parent.mkdir(parents=True, exist_ok=True)
        fresh = index.with_name(f"{index.name}.{os.getpid()}")
        fresh.touch(0o600)
        fresh.write_text(json.dumps(content))
        fresh.replace(index)
    except OSError as problem:
        detail = f"{index}: {problem.strerror or problem}."
        raise DiagnosticError(error("Cannot write the index of files", detail, hint="check the folder and its disk")) from problem
