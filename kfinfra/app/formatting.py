"""fmt: which files a command means, what formatting makes of each, and writing it back so that no crash loses a file."""

from __future__ import annotations

import difflib
import errno
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from kfinfra.config.files import FolderSources, read_text
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, error
from kfinfra.hcl.format import format_source

SUFFIXES = (".hcl", ".kfvars")


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file's text before and after; `name` is what the user is shown."""

    name: str
    before: str
    after: str

    @property
    def changed(self) -> bool:
        """Whether formatting makes a difference."""
        return self.before != self.after

    def diff(self) -> str:
        """The difference as `diff -u` has it, under the labels that terraform uses."""
        sides = (_lines(self.before), _lines(self.after))
        return "".join(map(_ended, difflib.unified_diff(*sides, f"old/{self.name}", f"new/{self.name}")))


def format_text(name: str, text: str) -> Formatted:
    """The text, formatted. Raises DiagnosticError where it does not parse."""
    return Formatted(name, text, format_source(SourceText(name, text)))


def format_files(root: Path, names: Iterable[str], recursive: bool, found: list[Diagnostic]) -> Iterator[Formatted]:
    """The files and folders `names` (relative to `root`), formatted; errors go to `found`, and the next file follows."""
    for name in names:
        try:
            yield from _format_path(root, name, recursive, found)
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)


def _format_path(root: Path, name: str, recursive: bool, found: list[Diagnostic]) -> Iterator[Formatted]:
    path = root / name
    if path.is_dir():
        inside = (str(p.relative_to(root)) if not Path(name).is_absolute() else str(p) for p in _members(path, recursive))
        yield from format_files(root, [n for n in inside if n.endswith(SUFFIXES)], recursive, found)
    elif not path.exists():
        raise DiagnosticError(error("No such file or folder", f"There is no file or folder {name}."))
    elif not name.endswith(SUFFIXES):
        raise DiagnosticError(error("Cannot format this file", f"{name}: only {' and '.join(SUFFIXES)} files can be formatted."))
    else:
        name = str(Path(name))
        yield format_text(name, read_text(FolderSources(root).read, name))


def _members(folder: Path, recursive: bool) -> Iterator[Path]:
    """The files in a folder, by name; hidden ones and editors' backups are left out, and so are links to folders."""
    try:
        entries = sorted(folder.iterdir())
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a folder", f"{folder}: {problem.strerror or problem}.")) from problem
    for entry in entries:
        if entry.name.startswith((".", "#")) or entry.name.endswith("~"):
            continue
        if entry.is_file():
            yield entry
        elif recursive and entry.is_dir() and not entry.is_symlink():
            yield from _members(entry, recursive)


def write(root: Path, formatted: Formatted) -> None:
    """Puts the formatted text in the file's place, its mode and owner kept. Raises DiagnosticError; the old text is still there.

    A file that may not be written is left alone, though its folder would let it be replaced.
    """
    target = (root / formatted.name).resolve()
    fresh = target.with_name(f".{target.name}.fmt")
    try:
        if not os.access(target, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        fresh.write_bytes(formatted.after.encode())
        shutil.copymode(target, fresh)
        old, new = target.stat(), fresh.stat()
        if (old.st_uid, old.st_gid) != (new.st_uid, new.st_gid):
            os.chown(fresh, old.st_uid, old.st_gid)
        fresh.replace(target)
    except OSError as problem:
        fresh.unlink(missing_ok=True)
        raise DiagnosticError(error("Cannot write a file", f"{formatted.name}: {problem.strerror or problem}.")) from problem


def _lines(text: str) -> list[str]:
    """Lines with their ends: only \\n ends one (str.splitlines knows more)."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _ended(line: str) -> str:
    return line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
