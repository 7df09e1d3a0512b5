"""Whether a task fits on any node of the groups that it is to run on: one that does not stays Pending for ever. Pure.

Only what is certain is told: a type that the catalogue does not have may hold anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from kfinfra.facts.instance_types import InstanceType, known
from kfinfra.model import quantity
from kfinfra.model.plain import Attributes
from kfinfra.pipelines.placement import node_groups
from kfinfra.pipelines.reading import entries, sequence, text

Note = tuple[str, str, str]
"""Summary, detail, hint."""


def unplaceable(settings: Attributes) -> Iterator[Note]:
    """A note where no node of the task's groups can ever take it."""
    groups = node_groups(settings)
    written = [name for group in groups for name in sequence(group, "instance_types")]
    types = known(written)
    if not types or len(types) < len(written) or not all(sequence(group, "instance_types") for group in groups):
        return
    wanted = _wanted(settings)
    lacking = {t.name: _lacking(wanted, t) for t in types}
    if not all(lacking.values()):
        return
    names = " and ".join(text(group, "name") for group in groups)
    best = min(types, key=lambda t: len(lacking[t.name]))
    asked = ", ".join(_shown(name, wanted[name]) for name in lacking[best.name])
    offered = ", ".join(_shown(name, _offer(best, name)) for name in lacking[best.name])
    detail = f"it asks for {asked}, and no node of {names} offers that ({best.name}: {offered}). Its pod would stay Pending."
    yield "Task fits on no node", detail, "ask for less, or name a group of larger nodes"


def _wanted(settings: Attributes) -> Mapping[str, Fraction]:
    """What the scheduler looks for: requests, and limits where there is no request (as Kubernetes fills them in)."""
    out: dict[str, Fraction] = {}
    for kind in ("limits", "requests"):
        for name, amount in entries(settings.get("resources"), kind):
            if name in ("cpu", "memory") or "/" in name:
                try:
                    out[name] = quantity.parse(str(amount))
                except ValueError:  # not known yet, or told where it is written
                    out.pop(name, None)
    return out


def _lacking(wanted: Mapping[str, Fraction], node: InstanceType) -> list[str]:
    return [name for name, amount in wanted.items() if amount > _offer(node, name)]


def _offer(node: InstanceType, name: str) -> Fraction:
    match name:
        case "cpu":
            return node.offered_cpu
        case "memory":
            return Fraction(node.offered_memory)
        case _:
            return Fraction(node.accelerators if name == node.device else 0)


def _shown(name: str, amount: Fraction) -> str:
    match name:
        case "cpu":
            return f"{float(amount):.4g} CPUs"
        case "memory":
            return f"{float(amount / 1024**3):.4g}Gi of memory"
        case _:
            return f"{int(amount)} {name}"
