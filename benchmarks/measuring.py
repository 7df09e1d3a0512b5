"""Child processes measured by the kernel's own account: processor time, wall clock, peak memory, medians of alternating runs.

The peak is `ru_maxrss` of the child and of all that it waited for. A child begins with its parent's size in that figure, so
that nothing heavy is imported by the process that measures.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
_NOT_OURS = ("TF_CLI_CONFIG_FILE", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED")
"""What would slow a peer or us down as no user's environment does: an installed program has its bytecode."""

KFINFRA = str(Path(sys.executable).with_name("kfinfra"))


@dataclass(frozen=True, slots=True)
class Command:
    """A command, where it runs, what is added to its environment, the exit codes that are none of a failure."""

    argv: Sequence[str]
    folder: Path = ROOT
    env: Mapping[str, str] = field(default_factory=dict)
    codes: tuple[int, ...] = (0,)
    before: Callable[[], None] = lambda: None
    """What is done before each run, unmeasured."""
    given: str = ""
    """What it reads from its standard input."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of wall clock, seconds of processor time (user and system), peak memory in MB, and what was printed."""

    wall: float
    cpu: float
    memory: float
    out: str = ""


def run(command: Command) -> Cost:
    """What one run costs. Raises RuntimeError with what it printed where it fails."""
    command.before()
    env = {n: v for n, v in os.environ.items() if n not in _NOT_OURS} | {"CHECKPOINT_DISABLE": "1"} | dict(command.env)
    with tempfile.TemporaryFile() as given:
        given.write(command.given.encode())
        given.seek(0)
        return _measured(command, env, given)


def _measured(command: Command, env: Mapping[str, str], given: IO[bytes]) -> Cost:
    began = time.monotonic()
    with subprocess.Popen(
        command.argv, cwd=command.folder, env=env, stdin=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as child:
        assert child.stdout is not None
        out = child.stdout.read().decode(errors="replace")
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    wall = time.monotonic() - began
    if child.returncode not in command.codes:
        raise RuntimeError(f"{' '.join(command.argv)} in {command.folder} ended with {child.returncode}:\n{out[-4000:]}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, out)


def alternating(commands: Mapping[str, Command], runs: int) -> dict[str, Cost]:
    """The medians of each command's cost over `runs` rounds in which each runs once; one round before is not counted."""
    costs: dict[str, list[Cost]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, command in commands.items():
            cost = run(command)
            if number:
                costs[name].append(cost)
    return {name: median(found) for name, found in costs.items()}


def median(costs: Sequence[Cost]) -> Cost:
    """The median of each figure for itself; what was printed is the last run's."""
    middle = statistics.median
    return Cost(middle(c.wall for c in costs), middle(c.cpu for c in costs), middle(c.memory for c in costs), costs[-1].out)


def inside(function: str, *arguments: str, runs: int) -> dict[str, float]:
    """The medians of what `benchmarks.inside.FUNCTION` measures of itself, each run in a process of its own."""
    argv = [sys.executable, "-m", "benchmarks.inside", function, *arguments]
    found = [json.loads(run(Command(argv)).out.splitlines()[-1]) for _ in range(runs)]
    return {name: statistics.median(each[name] for each in found) for name in found[0]}


def tool(name: str) -> str | None:
    """Where a peer's program lies, None where this machine has none."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def prepared_terraform(folder: Path) -> str | None:
    """Terraform's program, `folder` made ready for it; None where there is none."""
    found = tool("terraform")
    if found is not None:
        run(Command([found, "init", "-input=false"], folder))
    return found
