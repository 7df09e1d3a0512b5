"""Running the child: its own process group, a time limit, output into a file that has no name.

Nothing is left on the disk by a kill -9: the log and the report are files without names, and the child ends itself some
seconds after its time. The log is never stored; its last lines are shown when compiling fails.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

_SHOWN = 16 * 1024


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the child ended: its report (None if it died or ran out of time), what it printed last, and how it exited."""

    report: Mapping[str, Any] | None
    printed: tuple[str, ...]
    status: int | None


def run_child(root: Path, request: Mapping[str, Any], timeout: float) -> Outcome:
    """Runs the child in `root`. It is gone, with everything it started, when this returns or raises."""
    with tempfile.TemporaryFile() as log, tempfile.TemporaryFile() as report, tempfile.TemporaryFile() as asked:
        asked.write(json.dumps({**request, "report": report.fileno(), "timeout": timeout}).encode())
        asked.seek(0)
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "kfinfra.compiler.child"],
            cwd=root,
            stdin=asked,
            stdout=log,
            stderr=log,
            pass_fds=(report.fileno(),),
            start_new_session=True,
        )
        status: int | None = None
        try:
            status = child.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        return Outcome(_report(report) if status is not None else None, _last_lines(log), status)


def _report(file: IO[bytes]) -> Mapping[str, Any] | None:
    file.seek(0)
    try:
        found = json.loads(file.read())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _last_lines(file: IO[bytes], lines: int = 8) -> tuple[str, ...]:
    end = file.seek(0, os.SEEK_END)
    file.seek(max(0, end - _SHOWN))
    text = file.read().decode("utf-8", "replace")
    return tuple(line for line in text.splitlines() if line.strip())[-lines:]
