"""What lies in a folder: path to sha256 of each file. Files that have not changed since the last look are not read again."""

from __future__ import annotations

import hashlib
import os
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Plain
from kfinfra.providers.aws.file_index import Entry, Look, known, look, now, rewriting

BIG = 1024 * 1024
"""From this size in bytes on a file is read in another thread."""
READERS = 8
AHEAD = 1000
"""So many files wait, at the most, for the one before them."""
Found = tuple[str, str, Look, Entry | None]
"""A file: its folder, its name, what it looks like, and what is known of it where it looks the same still."""


def scan(
    root: Path, exclude: Sequence[str], index: Path, afresh: bool = False, recorded: dict[str, Plain] | None = None
) -> dict[str, Plain]:
    """Path (with `/`) to sha256 of every regular file below `root`; links are not followed. `index` may not exist yet.

    With `afresh` every file is read, whatever the index says. `exclude` are patterns as in .gitignore. Where nothing differs
    from `recorded`, what an earlier scan found, that is returned itself, and nothing is held or written besides.
    Raises DiagnosticError where the folder is missing or holds no file.
    """
    if not root.is_dir():
        raise DiagnosticError(error("Source folder is missing", f"{root} is not a folder.", hint="check `source`"))
    if recorded and not afresh and _stands(_joined(root, exclude, known(index)), recorded):
        return recorded
    began, found = now(), dict[str, Plain]()
    with rewriting(index, began) as add:
        for folder, entry in _digested(root, _joined(root, exclude, iter(()) if afresh else known(index))):
            add(folder, entry)
            found[folder + entry.name] = entry.sha256
        if not found:
            hint = "an empty source is never synced: check `source` and `exclude`"
            raise DiagnosticError(error("Source folder is empty", f"{root} holds no file to sync.", hint=hint))
    return dict(sorted(found.items()))


def _stands(files: Iterator[Found], recorded: Mapping[str, Plain]) -> bool:
    """Whether these are the recorded files, as far as can be told without reading any."""
    count = 0
    for folder, name, _, entry in files:
        if entry is None or recorded.get(folder + name) != entry.sha256:
            return False
        count += 1
    return count == len(recorded)


def _digested(root: Path, files: Iterator[Found]) -> Iterator[tuple[str, Entry]]:
    """The files with their digests, in their order; big ones are read side by side, with what comes behind them."""
    waiting: deque[tuple[str, str, Look, Future[str]]] = deque()
    pool = ThreadPoolExecutor(min(os.cpu_count() or 1, READERS))
    try:
        for folder, name, seen, entry in files:
            waiting.append((folder, name, seen, _digest(pool, root / folder / name, seen, entry)))
            while waiting and (waiting[0][-1].done() or len(waiting) > AHEAD):
                yield _ended(*waiting.popleft())
        while waiting:
            yield _ended(*waiting.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _ended(folder: str, name: str, seen: Look, future: Future[str]) -> tuple[str, Entry]:
    return folder, Entry(name, seen, future.result())


def _digest(pool: ThreadPoolExecutor, path: Path, seen: Look, entry: Entry | None) -> Future[str]:
    if entry is None and seen.size >= BIG:
        return pool.submit(digest, path)
    known: Future[str] = Future()
    known.set_result(digest(path) if entry is None else entry.sha256)
    return known


def _joined(root: Path, exclude: Sequence[str], index: Iterator[tuple[str, Entry]]) -> Iterator[Found]:
    """The files in the order of the walk, each with its entry of the index, which has the same order."""
    ahead = next(index, None)
    for folder, name, seen in _files(root, exclude):
        here = _place(folder, name)
        while ahead is not None and _place(ahead[0], ahead[1].name) < here:
            ahead = next(index, None)
        entry = None
        if ahead is not None and ahead[1].name == name and ahead[0] == folder:
            entry = ahead[1] if ahead[1].look == seen else None
            ahead = next(index, None)
        yield folder, name, seen, entry


def _place(folder: str, name: str) -> tuple[list[str], str]:
    """Where a file comes in the walk: the files of a folder, then each of its folders with all below it."""
    return folder.split("/")[:-1], name


def _files(root: Path, exclude: Sequence[str]) -> Iterator[tuple[str, str, Look]]:
    from pathspec import GitIgnoreSpec

    spec = GitIgnoreSpec.from_lines(exclude) if exclude else None
    folders = [""]
    while folders:
        folder = folders.pop()
        place = os.path.join(root, folder)
        names, below = _names(place)
        folders.extend(f"{folder}{name}/" for name in sorted(below, reverse=True))
        for name in sorted(names):
            if (spec is None or not spec.match_file(folder + name)) and (seen := _look(place + name)) is not None:
                yield folder, name, seen


def _look(path: str) -> Look | None:
    """What a file looks like, None where it went meanwhile. Raises DiagnosticError."""
    try:
        return look(path)
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a file", f"{path}: {problem.strerror or problem}.")) from problem


def _names(place: str) -> tuple[list[str], list[str]]:
    """The names of a folder's files and of its folders; no links, no devices. Raises DiagnosticError."""
    names, below = [], []
    try:
        with os.scandir(place) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append(entry.name)
                elif entry.is_file(follow_symlinks=False):
                    names.append(entry.name)
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a folder", f"{place}: {problem.strerror or problem}.")) from problem
    for name in (*names, *below):
        if not (name.isascii() or _is_text(name)):
            shown = os.fsencode(name).decode(errors="backslashreplace")
            detail = f'"{shown}" in {place} is not UTF-8, and the keys of S3 are.'
            raise DiagnosticError(error("File name is not UTF-8", detail, hint="rename it"))
    return names, below


def _is_text(name: str) -> bool:
    """Whether a name can be written as UTF-8: what is on a disk may be any bytes."""
    try:
        return bool(name.encode())
    except UnicodeEncodeError:
        return False


def digest(path: Path) -> str:
    """The sha256 (hex) of a file. Raises DiagnosticError."""
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a file", f"{path}: {problem.strerror or problem}.")) from problem
