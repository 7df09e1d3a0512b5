"""The record of a download, in its folder: what each file was downloaded as, how it looked then, and whose it is.

A file whose size, times and inode are those that were recorded has not changed (as in git's index; one that was touched about
when it was recorded is read again).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

from kfinfra.diag import DiagnosticError, error
from kfinfra.providers.aws.scan import digest

RECORD = ".kfinfra-download.json"
PARTIAL = ".kfinfra-partial"
_RACY = 100_000_000
"""Nanoseconds: a clock of files may tick so coarsely that two changes have one time."""


class Downloaded(TypedDict):
    """A file: the content that was asked for (a sha256 or an ETag), its sha256, and its stat."""

    content: str
    sha256: str
    stat: list[int]


@dataclass(frozen=True, slots=True)
class Record:
    """What was downloaded to a folder, from where, and by whom."""

    owner: str | None
    bucket: str
    prefix: str
    files: Mapping[str, Downloaded] = field(default_factory=dict)
    looked: int = 0


def read(target: Path) -> Record | None:
    """The record in a folder, None where there is none. Raises DiagnosticError where it is not one."""
    path = target / RECORD
    try:
        found = json.loads(path.read_bytes())
        return Record(found["owner"], found["bucket"], found["prefix"], dict(found["files"]), found["looked"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as problem:
        hint = (
            "restore it, or remove it: then files that differ from those in the bucket are not touched without overwrite = true"
        )
        raise DiagnosticError(error("Record of a download is damaged", f"{path}: {problem}.", hint=hint)) from problem


def write(target: Path, record: Record) -> None:
    """Puts the record in the place of the old one, durably. Raises OSError."""
    content = {
        "owner": record.owner,
        "bucket": record.bucket,
        "prefix": record.prefix,
        "looked": time.time_ns(),
        "files": record.files,
    }
    fresh = target / f"{RECORD}.new"
    descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        json.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(fresh, target / RECORD)
    sync_folder(target)


def sync_folder(folder: Path) -> None:
    """Makes what was renamed in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def downloaded(path: Path, content: str) -> Downloaded:
    """A file as it is now, as the one that was downloaded as `content`."""
    return {"content": content, "sha256": digest(path), "stat": stat_of(path)}


def stat_of(path: Path) -> list[int]:
    """What tells that a file is still the same."""
    found = path.lstat()
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]


def untouched(path: Path, known: Downloaded, looked: int) -> bool:
    """Whether a file is still what was downloaded."""
    try:
        now = stat_of(path)
    except OSError:
        return False
    if now == known["stat"] and max(now[1], now[2]) < looked - _RACY:
        return True
    return path.is_file() and not path.is_symlink() and now[0] == known["stat"][0] and digest(path) == known["sha256"]


def is_content(path: Path, content: str, size: int) -> bool | None:
    """Whether a file that nobody recorded is this content already; None where that cannot be told without fetching it."""
    if not path.is_file() or path.is_symlink() or path.lstat().st_size != size:
        return False
    if len(content) == 64:
        return digest(path) == content
    tag = content.strip('"')
    if len(tag) == 32:
        with path.open("rb") as stream:
            if hashlib.file_digest(stream, "md5").hexdigest() == tag:  # else it may be encrypted with KMS: no MD5
                return True
    return None
