"""An apply that only creates, against a server that answers at once; terraform's of as many `terraform_data`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measuring import Command, inside, prepared_terraform, run
from benchmarks.table import Row, against, missing, seconds
from benchmarks.texts import write_resources

COUNT, MANY = 3_000, 30_000
TIMES, FARTHEST = 20, 1.25


def measure(folder: Path, runs: int) -> list[Row]:
    """Load, plan and apply in one process, the state and its journal on the disk; terraform's runs once (it takes minutes)."""
    ours = inside("apply", str(COUNT), runs=runs)
    many = inside("apply", str(MANY), runs=1)
    each, later = ours["apply"] / COUNT * 1e3, many["apply"] / MANY * 1e3
    what = f"apply that creates {COUNT:,} resources"
    told = f"{seconds(ours['total'])} ({seconds(ours['cpu'])} CPU)"
    constant = f"{each:.2f} ms of {COUNT:,}, {later:.2f} ms of {MANY:,}"
    rows = [Row("time for each resource", constant, "", "constant", later <= FARTHEST * each)]
    write_resources(folder, COUNT, "terraform")
    terraform = prepared_terraform(folder)
    if terraform is None:
        return [missing(what, told, "terraform"), *rows]
    peer = run(Command([terraform, "apply", "-auto-approve"], folder)).wall
    row = Row(what, told, against("terraform", seconds(peer), ours["total"], peer), f"≥ {TIMES} × faster")
    return [Row(row.what, row.ours, row.peer, row.budget, peer >= TIMES * ours["total"]), *rows]
