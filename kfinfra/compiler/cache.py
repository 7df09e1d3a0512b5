"""Compiled packages kept between commands: one small file for each pipeline, believed only while its inputs are the same.

An entry is replaced in one step and names the digest of its content, so what a kill -9 or a full disk leaves is no entry.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from kfinfra.compiler.inputs import Inputs, unchanged

_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Cache:
    """The entries in `folder`, made from files below `root`."""

    folder: Path
    root: Path

    def get(self, key: Sequence[str | None]) -> str | None:
        """The package compiled for `key`, if everything it was made from is unchanged."""
        try:
            entry = json.loads(self._path(key).read_text("utf-8"))
            fits = entry["format"] == _FORMAT and entry["digest"] == _digest(entry["yaml"])
            return str(entry["yaml"]) if fits and unchanged(entry["inputs"], self.root) else None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, key: Sequence[str | None], text: str, inputs: Inputs) -> None:
        """Keeps a package; only its owner can read the file. A disk that refuses costs the entry, nothing else."""
        entry = {"format": _FORMAT, "digest": _digest(text), "inputs": inputs, "yaml": text}
        with suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            descriptor, name = tempfile.mkstemp(dir=self.folder, prefix=".new-")
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                    json.dump(entry, file)
                os.replace(name, self._path(key))
            except BaseException:
                os.unlink(name)
                raise

    def _path(self, key: Sequence[str | None]) -> Path:
        return self.folder / f"{_digest(json.dumps(list(key)))[:40]}.json"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
