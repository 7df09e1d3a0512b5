"""The language: parse and evaluate, cold, from the cache, and beside `terraform validate` of the same text."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from benchmarks.measuring import KFINFRA, Command, Cost, alternating, inside, prepared_terraform
from benchmarks.table import Row, against, memory, missing, seconds
from benchmarks.texts import write_configuration, write_instances, write_resources

LINES, ORDINARY, INSTANCES = 15_000, 1_000, 10_000
SIZES = (1_000, 10_000, 50_000)
COLD, WARM, EACH, EDITOR = 1.5, 0.1, 1.0, 0.2
QUESTION = "local.team_3_labels"
FARTHEST = 1.3
"""How much dearer a line may be among 50,000 than among 10,000 for the cost to count as linear."""


def measure(folder: Path, runs: int) -> list[Row]:
    """All figures of the language."""
    return [*_parts(folder, runs), *_instances(folder, runs), *_growth(folder, runs), *_commands(folder, runs)]


def _parts(folder: Path, runs: int) -> list[Row]:
    """In one process, without its start."""
    text = folder / "parts"
    lines = write_configuration(text, LINES, "kfinfra")
    cold = inside("language", str(text), "none", runs=runs)
    cache = str(folder / "cache")
    inside("language", str(text), cache, runs=1)
    warm = inside("language", str(text), cache, runs=runs)
    plain = folder / "plain"
    write_resources(plain, LINES // 5, "kfinfra")
    inside("language", str(plain), cache, runs=1)
    cold_row = Row(f"{lines:,} lines, cold: parse + evaluate", _cpu(cold), "", f"≤ {COLD} s CPU", cold["total"] <= COLD)
    plainly = inside("language", str(plain), cache, runs=runs)
    return [cold_row, _warm(f"{lines:,} lines", warm), _warm(f"{LINES:,} lines of plain resources", plainly)]


def _warm(what: str, found: Mapping[str, float]) -> Row:
    parsers = "no hcl2, no lark" if not found["parsers"] else "hcl2 or lark imported"
    met = found["total"] <= WARM and not found["parsers"]
    return Row(f"{what}, unchanged", f"{_cpu(found)}, {parsers}", "", f"≤ {WARM} s CPU, neither hcl2 nor lark", met)


def _cpu(figures: Mapping[str, float]) -> str:
    return f"{seconds(figures['total'])} CPU ({seconds(figures['load'])} load, {seconds(figures['evaluate'])} evaluate)"


def _instances(folder: Path, runs: int) -> list[Row]:
    text = folder / "instances"
    write_instances(text, INSTANCES, "kfinfra")
    found = inside("language", str(text), "none", runs=runs)
    what = f"{INSTANCES:,} instances of one for_each"
    return [Row(what, _cpu(found), "", f"≤ {EACH} s", found["total"] <= EACH)]


def _growth(folder: Path, runs: int) -> list[Row]:
    found: dict[int, float] = {}
    for size in SIZES:
        text = folder / f"size-{size}"
        lines = write_configuration(text, size, "kfinfra")
        found[size] = inside("language", str(text), "none", runs=max(1, runs // 2))["total"] / lines * 1e6
    told = ", ".join(f"{size // 1000}k: {cost:.1f} µs" for size, cost in found.items())
    linear = found[SIZES[-1]] <= FARTHEST * found[SIZES[1]]
    return [Row("a line, cold, in configurations of", told, "", "linear", linear)]


def _commands(folder: Path, runs: int) -> list[Row]:
    """Whole commands, the start included, beside terraform's."""
    rows: list[Row] = []
    for size in (ORDINARY, LINES):
        rows += _command(folder / f"command-{size}", size, runs)
    return rows


def _command(folder: Path, size: int, runs: int) -> list[Row]:
    ours, theirs = folder / "kfinfra", folder / "terraform"
    lines = write_configuration(ours, size, "kfinfra")
    write_configuration(theirs, size, "terraform")
    cache = ours / ".kfinfra"
    commands = {
        "cold": Command([KFINFRA, "validate", "-json"], ours, before=partial(shutil.rmtree, cache, ignore_errors=True)),
        "warm": Command([KFINFRA, "validate", "-json"], ours),
        "ask": Command([KFINFRA, "console"], ours, given=QUESTION),
    }
    terraform = prepared_terraform(theirs)
    if terraform is not None:
        commands["terraform"] = Command([terraform, "validate", "-json"], theirs)
        commands["console"] = Command([terraform, "console"], theirs, given=QUESTION)
    costs = alternating(commands, runs)
    editor = costs["warm"].wall < EDITOR if size == ORDINARY else None
    what = f"validate -json of {lines:,} lines"
    rows = [Row(f"{what}, warm, wall", seconds(costs["warm"].wall), "", f"< {EDITOR} s" if editor is not None else "", editor)]
    if terraform is None:
        return [*rows, missing(what, f"{seconds(costs['cold'].cpu)} CPU cold, {seconds(costs['warm'].cpu)} warm", "terraform")]
    shown: list[tuple[str, Callable[[Cost], float], Callable[[float], str]]] = [
        ("CPU", lambda c: c.cpu, seconds),
        ("peak", lambda c: c.memory, memory),
    ]
    for part, of, show in shown:
        for state in ("cold", "warm"):
            mine, peer = of(costs[state]), of(costs["terraform"])
            budget = "≤ terraform's" if part == "peak" else ""
            met = mine <= peer if part == "peak" else None
            rows.append(Row(f"{what}, {state}, {part}", show(mine), against("validate", show(peer), mine, peer), budget, met))
        mine, peer = of(costs["ask"]), of(costs["console"])
        asked = f"console, one expression over {lines:,} lines, warm, {part}"
        rows.append(Row(asked, show(mine), against("console", show(peer), mine, peer)))
    if costs["ask"].out != costs["console"].out:
        raise RuntimeError(f"the consoles differ:\n{costs['ask'].out}\n{costs['console'].out}")
    return rows
