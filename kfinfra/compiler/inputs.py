"""What a package is made from: files and folders of the configuration, with digests, so that a cache can ask "still so?".

The child hears of every file that Python opens and every folder it lists (audit events, PEP 578). A file is digested as
it is opened, so an edit during compiling makes the entry stale instead of wrong. Files that a C library opens by itself
are not heard of, nor are environment variables.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Inputs = Mapping[str, Mapping[str, str]]
"""`files`: path → sha256 of content; `folders`: path → digest of its names; `modules`: the same of names one can import."""

_WRITING = os.O_WRONLY | os.O_RDWR


def file_digest(path: Path) -> str:
    """The sha256 of a file's content; empty where there is none."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def folder_digest(path: Path) -> str:
    """A digest of the names in a folder."""
    return _names_digest(path, lambda entry: not entry.name.startswith("."))


def modules_digest(path: Path) -> str:
    """A digest of the names in a folder that an import could find."""
    return _names_digest(path, lambda e: e.name.endswith(".py") or os.path.exists(os.path.join(e.path, "__init__.py")))


def unchanged(inputs: Inputs, root: Path) -> bool:
    """Whether every recorded file and folder is as it was."""
    kinds: tuple[tuple[str, Callable[[Path], str]], ...] = (
        ("files", file_digest),
        ("folders", folder_digest),
        ("modules", modules_digest),
    )
    return all(digest(root / path) == was for kind, digest in kinds for path, was in inputs.get(kind, {}).items())


def _names_digest(path: Path, wanted: Callable[[os.DirEntry[str]], bool]) -> str:
    try:
        with os.scandir(path) as entries:
            names = sorted(e.name for e in entries if e.name != "__pycache__" and wanted(e))
    except OSError:
        return ""
    return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass
class Recorder:
    """Listens to what is read below `root`; `ignored` are folders (relative) of no interest, such as the cache's own."""

    root: Path
    ignored: tuple[str, ...] = ()
    _files: dict[str, str] = field(default_factory=dict)
    _folders: dict[str, str] = field(default_factory=dict)
    _modules: dict[str, str] = field(default_factory=dict)
    _deaf: bool = False

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """The audit hook."""
        if self._deaf or event not in ("open", "os.listdir", "os.scandir"):
            return
        self._deaf = True
        try:
            self._note(event, args, sys._getframe(1).f_code.co_filename.startswith("<frozen importlib"))
        finally:
            self._deaf = False

    def stop(self) -> None:
        """No more is recorded (an audit hook cannot be removed)."""
        self._deaf = True

    def inputs(self) -> Inputs:
        """What was read so far."""
        return {"files": self._files, "folders": self._folders, "modules": self._modules}

    def _note(self, event: str, args: tuple[Any, ...], importing: bool) -> None:
        path = self._inside("." if args[0] is None else args[0])
        if path is None:
            return
        if event == "open":
            flags = args[2] if len(args) > 2 and isinstance(args[2], int) else 0
            source = _source(path)
            if not flags & _WRITING and source not in self._files and (self.root / source).is_file():
                self._files[source] = file_digest(self.root / source)
        elif importing:
            self._modules.setdefault(path, modules_digest(self.root / path))
        else:
            self._folders.setdefault(path, folder_digest(self.root / path))

    def _inside(self, path: object) -> str | None:
        """The path relative to the root, where it is of interest."""
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        relative = os.path.relpath(os.path.abspath(os.fsdecode(path)), self.root)
        parts = relative.split(os.sep)
        if parts[0] == ".." or "site-packages" in parts or parts[0] == ".git":
            return None
        return None if any(relative == i or relative.startswith(i + os.sep) for i in self.ignored) else relative


def _source(path: str) -> str:
    """The source of a compiled module's file; any other path as it is."""
    if "__pycache__" not in path:
        return path
    try:
        return importlib.util.source_from_cache(path)
    except ValueError:
        return path
