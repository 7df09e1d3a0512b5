"""Start: what a command costs that does nothing, over a bare Python."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.measuring import KFINFRA, Command, alternating, run
from benchmarks.table import Row, seconds

BUDGET = 0.15
HEAVY = ("boto3", "botocore", "kubernetes", "kfp", "moto", "hcl2", "lark", "rich")


def measure(folder: Path, runs: int) -> list[Row]:
    """`version` and `--help` against `python -c pass`, and which heavy modules they import."""
    del folder
    commands = {
        "bare": Command([sys.executable, "-c", "pass"]),
        "version": Command([KFINFRA, "version"]),
        "--help": Command([KFINFRA, "--help"]),
    }
    costs = alternating(commands, runs * 2)
    bare = costs.pop("bare")
    rows = []
    for name, cost in costs.items():
        over, heavy = cost.cpu - bare.cpu, imported(name)
        told = f"{seconds(over)} over Python's {seconds(bare.cpu)} (CPU); imports {', '.join(heavy) or 'no SDK'}"
        rows.append(Row(f"kfinfra {name}", told, "", f"≤ {BUDGET} s over Python, no SDK", over <= BUDGET and not heavy))
    return rows


def imported(argument: str) -> list[str]:
    """Which of the heavy modules `kfinfra ARGUMENT` imports."""
    program = (
        "import sys\n"
        "from kfinfra.cli.main import run\n"
        f"code = run([{argument!r}])\n"
        f"print(','.join(name for name in {HEAVY!r} if name in sys.modules))\n"
        "sys.exit(code)"
    )
    last = run(Command([sys.executable, "-c", program])).out.splitlines()[-1]
    return [name for name in last.split(",") if name]
