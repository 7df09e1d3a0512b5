"""The Python that a component runs in: this one, or a cached virtual environment with the packages that its command installs."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

EXECUTOR = "kfp.dsl.executor_main"
_PIP = re.compile(r"python3 -m pip install (.*?)(?:&&|$)", re.DOTALL)
_OWN = re.compile(r"kfp(\[.*\])?([=<>~!].*)?|typing-extensions.*")


class NoPackages(Exception):
    """The packages could not be installed; the message is the end of what pip said."""


@dataclass(frozen=True, slots=True)
class Program:
    """A component's command without what pip does in it: `install` are pip's arguments, one list for each call of it."""

    command: tuple[str, ...]
    install: tuple[tuple[str, ...], ...]


def program(command: Sequence[str]) -> Program | None:
    """The program of a Python component; None for any other container.

    kfp's command is `sh -c '… pip install … && "$0" "$@"' sh -ec '… executor_main …' SOURCE`, with anything before it.
    """
    if not any(EXECUTOR in word for word in command):
        return None
    words, install, out = list(command), [], []
    while words:
        if len(words) > 2 and words[:2] == ["sh", "-c"] and "pip install" in words[2] and '"$0" "$@"' in words[2]:
            install += [tuple(shlex.split(found)) for found in _PIP.findall(words[2])]
            words = words[3:]
            continue
        out.append(words.pop(0))
    wanted = [tuple(a for a in arguments) for arguments in install if not all(_is_own(a) for a in arguments)]
    return Program(tuple(out), tuple(wanted))


def _is_own(argument: str) -> bool:
    """kfp itself, which is here already, and pip's plain options."""
    return argument.startswith("-") or bool(_OWN.fullmatch(argument))


class Environments:
    """The virtual environments, by what they hold."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def python(self, install: Sequence[Sequence[str]]) -> Path:
        """The interpreter of an environment with these packages, made on first use. Raises NoPackages."""
        if not install:
            return Path(sys.executable)
        key = json.dumps([sys.version, sys.prefix, [list(a) for a in install]])
        home = self._folder / hashlib.sha256(key.encode()).hexdigest()[:16]
        self._folder.mkdir(parents=True, exist_ok=True)
        with home.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (home / "complete").exists():
                _make(home, install)
        return home / "bin" / "python"


def _make(home: Path, install: Sequence[Sequence[str]]) -> None:
    """An environment that sees what this one holds (kfp), and then the component's packages."""
    _run([sys.executable, "-m", "venv", "--clear", "--without-pip", str(home)])
    packages = home / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    seen = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (packages / "kfinfra-sandbox.pth").write_text("".join(f"{path}\n" for path in seen))
    for arguments in install:
        _run([sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install", *arguments])
    (home / "complete").touch()


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise NoPackages(" ".join(said[-2:]) or f"{command[0]} ended with {done.returncode}")
