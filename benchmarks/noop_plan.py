"""A plan of 1,000 resources that changes nothing, against terraform's of 1,000 `terraform_data`."""

from __future__ import annotations

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
    mine = costs["kfinfra"]
    what = f"no-op plan of {COUNT:,} resources"
    if terraform is None:
        return [missing(f"{what}, {part}", told, "terraform") for part, told in _told(mine.wall, mine.cpu, mine.memory)]
    peer = costs["terraform"]
    pairs = (
        ("wall", mine.wall, peer.wall, seconds),
        ("CPU", mine.cpu, peer.cpu, seconds),
        ("peak", mine.memory, peer.memory, memory),
    )
    return [
        Row(f"{what}, {part}", show(a), against("terraform", show(b), a, b), "≤ terraform's", a <= b)
        for part, a, b, show in pairs
    ]


def _told(wall: float, cpu: float, peak: float) -> tuple[tuple[str, str], ...]:
    return ("wall", seconds(wall)), ("CPU", seconds(cpu)), ("peak", memory(peak))
