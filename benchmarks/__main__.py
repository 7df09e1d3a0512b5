"""`python -m benchmarks [NAME…]`: runs benchmarks and prints a table each. Ends with 1 where a budget is missed."""

from __future__ import annotations

import argparse
import importlib
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.table import rendered

NAMES = ("start", "noop_plan", "language", "apply", "calls", "sync")


def main() -> int:
    """Runs what the command line names, all of them where it names none."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="kfinfra's speed beside its peers'.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of: {', '.join(NAMES)} (default: all)")
    parser.add_argument("--runs", type=int, default=5, help="rounds in which each command runs once; medians are told")
    parser.add_argument("--folder", type=Path, help="where configurations are written (default: a temporary folder)")
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in NAMES]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}")
    names = given.names or NAMES
    if len(names) > 1:  # each in a process of its own: a child begins with its parent's peak memory
        folder = ["--folder", str(given.folder)] if given.folder else []
        argv = [sys.executable, "-m", "benchmarks", "--runs", str(given.runs), *folder]
        return max(subprocess.run([*argv, name], check=False).returncode for name in names)
    missed = 0
    for name in names:
        module = importlib.import_module(f"benchmarks.{name}")
        with tempfile.TemporaryDirectory(prefix="kfinfra-bench-", dir=given.folder) as folder:
            rows = module.measure(Path(folder), given.runs)
        print("\n".join(rendered(module.__doc__.split("\n")[0].rstrip("."), rows)), flush=True)
        missed += sum(row.met is False for row in rows)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
