"""Functions of files and paths. Contents and names of files come only through the port given: relative to the root module's
folder, as Terraform's are relative to where it runs; `path.module` leads to the files of a module.
"""

from __future__ import annotations

import hashlib
import os.path
import re
from collections.abc import Callable, Iterable
from typing import Protocol

from kfinfra.hcl.functions.encoding import b64, digest, text_of
from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.values.data import SetValue, Value
from kfinfra.values.types import STRING


class Files(Protocol):
    """How functions see files. Names are relative to `location` unless they are absolute."""

    @property
    def location(self) -> str:
        """The root module's folder, absolute."""

    def read(self, name: str) -> bytes:
        """A file's content. Raises OSError."""

    def walk(self, folder: str, depth: int | None) -> Iterable[str]:
        """The names, relative to `folder`, of all files in it and in at most `depth` levels of folders beneath."""


def reader(files: Files) -> Callable[[str], bytes]:
    """How a file is read, with a FunctionError for what cannot be."""

    def read(path: str) -> bytes:
        try:
            return files.read(os.path.expanduser(path))
        except FileNotFoundError as bad:
            detail = (
                f"no file exists at \"{path}\" (seen from the root module's folder; a module's own files are at "
                '"${path.module}/…"). Files that an apply makes cannot be read: refer to what makes them'
            )
            raise FunctionError(detail, 0) from bad
        except IsADirectoryError as bad:
            raise FunctionError(f'"{path}" is a folder, not a file', 0) from bad
        except (OSError, ValueError) as bad:
            raise FunctionError(f'failed to read "{path}": {getattr(bad, "strerror", None) or bad}', 0) from bad

    return read


def functions(files: Files) -> dict[str, Implementation]:
    """The functions over `files`."""
    read = reader(files)

    def exists(path: str) -> Value:
        try:
            files.read(os.path.expanduser(path))
        except (FileNotFoundError, NotADirectoryError):
            return False
        except (OSError, ValueError) as bad:
            raise FunctionError(f'"{path}" is not a regular file', 0) from bad
        return True

    def fileset(path: str, pattern: str) -> Value:
        depth = None if "**" in pattern else pattern.count("/")
        names = files.walk(os.path.expanduser(path), depth)
        wanted = globbed(pattern)
        return SetValue(STRING, tuple(sorted(name for name in names if wanted.fullmatch(name))))

    hashes = {f"file{n}": (lambda p, n=n: digest(n)(read(p))) for n in ("md5", "sha1", "sha256", "sha512")}
    return {
        **hashes,
        "file": lambda p: text_of(read(p), p),
        "filebase64": lambda p: b64(read(p)),
        "filebase64sha256": lambda p: b64(hashlib.sha256(read(p)).digest()),
        "filebase64sha512": lambda p: b64(hashlib.sha512(read(p)).digest()),
        "fileexists": exists,
        "fileset": fileset,
        "abspath": lambda p: os.path.normpath(os.path.join(files.location, p)),
        "basename": _basename,
        "dirname": lambda p: os.path.normpath(os.path.dirname(p) or "."),
        "pathexpand": lambda p: os.path.expanduser(p),
    }


def _basename(path: str) -> Value:
    return os.path.basename(path.rstrip("/")) or ("/" if path else ".")


_GLOB = re.compile(
    r"(?P<deep>(?:(?<=/)|^)\*\*/)|(?P<rest>\*\*?)|(?P<one>\?)|\[(?P<set>[^\]]+)\]|\{(?P<either>[^}]*)\}|\\(?P<plain>.)"
)


def globbed(pattern: str) -> re.Pattern[str]:
    """A pattern of `fileset` as a regular expression: `*`, `**`, `?`, `[a-z]`, `{a,b}`. Raises FunctionError."""
    if _GLOB.sub("", pattern).count("["):
        raise FunctionError(f'"{pattern}" is not a valid pattern: a [ is not closed', 1)
    out, at = "", 0
    for found in _GLOB.finditer(pattern):
        out += re.escape(pattern[at : found.start()]) + _piece(found)
        at = found.end()
    try:
        return re.compile(out + re.escape(pattern[at:]), re.DOTALL)
    except re.error as bad:
        raise FunctionError(f'"{pattern}" is not a valid pattern: {bad}', 1) from bad


def _piece(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "deep":
            return "(?:.*/)?"
        case "rest":
            return ".*" if found.group() == "**" else "[^/]*"
        case "one":
            return "[^/]"
        case "set":
            chars = found["set"]
            return (
                f"[^/{re.escape(chars[1:])}]" if chars[0] in "^!" else "[" + chars.replace("\\", "\\\\").replace("[", "\\[") + "]"
            )
        case "either":
            return "(?:" + "|".join(globbed(part).pattern for part in found["either"].split(",")) + ")"
        case _:
            return re.escape(found["plain"] or "")
