"""Folders of this machine at the paths where a task expects its volumes: bubblewrap, where it is installed and may be used."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MISSING = "this machine has no bubblewrap (Debian: apt-get install bubblewrap) to mount it with"
_OWN = ("dev", "proc", "sys")


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of this machine, and where the task finds it."""

    source: Path
    target: str
    read_only: bool = False


@cache
def available() -> bool:
    """Whether bubblewrap is there, and this user may use it."""
    if shutil.which("bwrap") is None:
        return False
    done = subprocess.run([*_root(()), "true"], capture_output=True, check=False)
    return done.returncode == 0


def within(command: Sequence[str], mounts: Sequence[Mount]) -> list[str]:
    """The command as it sees the mounts: this machine's root, in a root of its own so that no mount point is made here."""
    return [*_root(mounts), *command]


def _root(mounts: Sequence[Mount]) -> list[str]:
    out = ["bwrap", "--die-with-parent", "--unshare-pid", "--tmpfs", "/"]
    for entry in sorted(Path("/").iterdir()):
        if entry.is_symlink():
            out += ["--symlink", os.readlink(entry), str(entry)]
        elif entry.name not in _OWN:
            out += ["--bind", str(entry), str(entry)]
    out += ["--proc", "/proc", "--dev", "/dev"]
    for mount in sorted(mounts, key=lambda m: m.target.count("/")):
        out += ["--ro-bind" if mount.read_only else "--bind", str(mount.source), mount.target]
    return out
