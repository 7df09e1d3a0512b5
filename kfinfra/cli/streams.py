"""Standard streams as a caller may have left them: closed, on a full disk, in an encoding that lacks what is said."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import TextIO

_PLAIN = {"│": "|", "╷": ",", "╵": "'", "├": "|", "─": "-", "…": "...", "→": "->", "✓": "+", "✗": "x"}
"""What is drawn, for terminals that cannot."""


def open_streams() -> None:
    """Makes the three streams usable, whatever they are: what is closed (`>&-`) is nowhere; Python has None in its place."""
    codecs.register_error("kfinfra", _spelled)
    sys.stdin = sys.stdin or _nowhere()
    sys.stdout = sys.stdout or _nowhere()
    sys.stderr = sys.stderr or _nowhere()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="kfinfra")


def _nowhere() -> TextIO:
    return io.TextIOWrapper(io.FileIO(os.devnull, "r+"), encoding="utf-8")


def forget_output() -> None:
    """Writes what standard output still holds; what cannot be written is not tried again when Python ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _spelled(problem: UnicodeError) -> tuple[str, int]:
    """Characters that the stream's encoding lacks: drawn with others, or as JSON spells them, so that data stays data."""
    if not isinstance(problem, UnicodeEncodeError):
        raise problem
    missing = problem.object[problem.start : problem.end]
    return "".join(_PLAIN.get(c) or _escaped(c) for c in missing), problem.end


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i : i + 2].hex()}" for i in range(0, len(units), 2))
