"""The settings of a pipeline's tasks and where each comes from, as text and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kfinfra.model.address import Address
from kfinfra.views.paint import paint

if TYPE_CHECKING:
    from kfinfra.pipelines.effective import Setting


def render_settings(address: Address, tasks: Mapping[str, Sequence[Setting]], color: bool) -> str:
    """A block for each task: names, values, origins in three columns. Groups have no settings of their own."""
    every = [setting for settings in tasks.values() for setting in settings]
    name, value = (max((len(t) for t in texts), default=0) for texts in ([s.name for s in every], [s.value for s in every]))
    lines = [paint(f"# {address}: settings of each task, and where they come from", "bold", color)]
    for path, settings in tasks.items():
        lines += ["", paint(f"task {path}", "bold", color)]
        lines += [f"  {s.name:<{name}}  {s.value:<{min(value, 60)}}  {paint(s.origin, 'dim', color)}".rstrip() for s in settings]
    return "\n".join([*lines, ""])


def settings_json(tasks: Mapping[str, Sequence[Setting]]) -> dict[str, list[dict[str, str]]]:
    """By task's path: the name, value and origin of each setting."""
    return {path: [{"name": s.name, "value": s.value, "origin": s.origin} for s in found] for path, found in tasks.items()}
