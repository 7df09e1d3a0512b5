"""What an apply leaves: outputs as `terraform output` prints them, and the sum of what was done."""

from __future__ import annotations

from collections.abc import Mapping

from kfinfra.model.plain import UNKNOWN
from kfinfra.state.document import OutputState
from kfinfra.values.codec import from_data
from kfinfra.values.render import render


def render_outputs(outputs: Mapping[str, OutputState]) -> str:
    """A line or more an output, sensitive ones hidden; empty where there is none."""
    return "".join(f"{name} = {render_output(output)}\n" for name, output in sorted(outputs.items()))


def render_output(output: OutputState) -> str:
    """One output's value."""
    return "<sensitive>" if output.sensitive else render(from_data(output.value, UNKNOWN))


def counted(what: str, counts: tuple[int, int, int]) -> str:
    """What was added, changed, destroyed; a destroy only destroys."""
    add, change, destroy = counts
    return f"{destroy} destroyed" if what == "Destroy" else f"{add} added, {change} changed, {destroy} destroyed"
