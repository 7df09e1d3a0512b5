"""One child process and all that it starts: its output in a file, ended when it takes too long or the run is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

GRACE = 2.0
"""Seconds between the wish that a process ends and its end. A pod has 30; nobody waits so long for a sandbox."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended: its exit code, or why it was ended (`timeout`, `stopped`)."""

    code: int
    why: str = ""


class NotStarted(Exception):
    """The kernel takes no such command or environment: too long, or with a NUL in it. The message is a container runtime's."""


def run(
    command: Sequence[str], env: Mapping[str, str], folder: Path, log: Path, stop: threading.Event, timeout: float | None
) -> Ended:
    """Runs a command to its end. Raises NotStarted."""
    deadline = None if timeout is None else time.monotonic() + timeout
    with log.open("ab") as out:
        child = _started(command, env, folder, out)
        why = ""
        while (code := child.poll()) is None:
            if stop.wait(0.02):
                why = "stopped"
            elif deadline is not None and time.monotonic() > deadline:
                why = "timeout"
            if why:
                code = _end(child)
                break
        _kill(child.pid, signal.SIGKILL)  # what it has left behind
        return Ended(code, why)


def _started(command: Sequence[str], env: Mapping[str, str], folder: Path, out: IO[bytes]) -> subprocess.Popen[bytes]:
    try:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except ValueError as problem:  # a NUL ends a string for the kernel
        raise NotStarted(f"unable to start container process: invalid argument ({problem})") from problem
    except OSError as problem:
        raise NotStarted(f"unable to start container process: {(problem.strerror or str(problem)).lower()}") from problem


def _end(child: subprocess.Popen[bytes]) -> int:
    _kill(child.pid, signal.SIGTERM)
    try:
        return child.wait(GRACE)
    except subprocess.TimeoutExpired:
        _kill(child.pid, signal.SIGKILL)
        return child.wait()


def _kill(group: int, number: int) -> None:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return
