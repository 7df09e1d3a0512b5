"""A plan of 1,000 resources that changes nothing, against terraform's of 1,000 `terraform_data`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks.measuring import KFINFRA, Command, alternating, prepared_terraform, run
from benchmarks.table import Row, against, memory, missing, seconds
from benchmarks.texts import write_resources

COUNT = 1000


def measure(folder: Path, runs: int) -> list[Row]:
    """Applied once in the sandbox (the servers are another process), then planned again and again."""
    ours, theirs = folder / "kfinfra", folder / "terraform"
    write_resources(ours, COUNT, "kfinfra")
    write_resources(theirs, COUNT, "terraform")
    plan = Command([KFINFRA, "--sandbox", "plan", "-detailed-exitcode"], ours)
    run(Command([KFINFRA, "--sandbox", "apply", "-auto-approve"], ours))
    commands = {"kfinfra": plan}
    terraform = prepared_terraform(theirs)
    if terraform is not None:
        run(Command([terraform, "apply", "-auto-approve"], theirs))
        commands["terraform"] = Command([terraform, "plan", "-detailed-exitcode"], theirs)
    try:
        costs = alternating(commands, runs)
    finally:
        run(Command([KFINFRA, "sandbox", "down"], ours))
    mine, peer = costs["kfinfra"], costs.get("terraform")
    what = f"no-op plan of {COUNT:,} resources"
    if peer is None:
        return [missing(what, f"{seconds(mine.wall)}, {seconds(mine.cpu)} CPU, {memory(mine.memory)}", "terraform")]
    return [
        _row(f"{what}, wall", mine.wall, peer.wall, seconds),
        _row(f"{what}, CPU", mine.cpu, peer.cpu, seconds),
        _row(f"{what}, peak", mine.memory, peer.memory, memory),
    ]


def _row(what: str, mine: float, peer: float, show: Callable[[float], str]) -> Row:
    return Row(what, show(mine), against("terraform", show(peer), mine, peer), "≤ terraform's", mine <= peer)
