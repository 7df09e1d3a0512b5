"""Functions of files and paths. Contents come only through the reader given."""

from __future__ import annotations

import hashlib
import os.path
from collections.abc import Callable
from pathlib import Path

from kfinfra.hcl.functions.encoding import b64, digest, text_of
from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.values.data import SetValue, Value
from kfinfra.values.types import STRING


def reader(read_file: Callable[[str], bytes]) -> Callable[[str], bytes]:
    """`read_file` with a FunctionError for what cannot be read."""

    def read(path: str) -> bytes:
        try:
            return read_file(path)
        except FileNotFoundError as bad:
            raise FunctionError(f'no file exists at "{path}"', 0) from bad
        except OSError as bad:
            raise FunctionError(f'failed to read "{path}": {bad.strerror or bad}', 0) from bad

    return read


def functions(base_dir: str, read_file: Callable[[str], bytes]) -> dict[str, Implementation]:
    """The functions, with relative paths under `base_dir`."""
    read = reader(read_file)

    def exists(path: str) -> Value:
        try:
            read_file(path)
        except FileNotFoundError:
            return False
        except OSError as bad:
            raise FunctionError(f'"{path}" is not a regular file', 0) from bad
        return True

    def fileset(path: str, pattern: str) -> Value:
        root = Path(base_dir, path)
        found: set[str] = set()
        for one in _braces(pattern):
            found |= {p.relative_to(root).as_posix() for p in root.glob(one) if p.is_file()}
        return SetValue(STRING, tuple(sorted(found)))

    hashes = {f"file{n}": (lambda p, n=n: digest(n)(read(p))) for n in ("md5", "sha1", "sha256", "sha512")}
    return {
        **hashes,
        "file": lambda p: text_of(read(p), p),
        "filebase64": lambda p: b64(read(p)),
        "filebase64sha256": lambda p: b64(hashlib.sha256(read(p)).digest()),
        "filebase64sha512": lambda p: b64(hashlib.sha512(read(p)).digest()),
        "fileexists": exists,
        "fileset": fileset,
        "abspath": lambda p: os.path.abspath(os.path.join(base_dir, p)),
        "basename": _basename,
        "dirname": lambda p: os.path.normpath(os.path.dirname(p) or "."),
        "pathexpand": lambda p: os.path.expanduser(p),
    }


def _basename(path: str) -> Value:
    return os.path.basename(path.rstrip("/")) or ("/" if path else ".")


def _braces(pattern: str) -> list[str]:
    start, end = pattern.find("{"), pattern.find("}")
    if start < 0 or end < start:
        return [pattern]
    return [p for part in pattern[start + 1 : end].split(",") for p in _braces(pattern[:start] + part + pattern[end + 1 :])]
