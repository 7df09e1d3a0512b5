"""What an apply leaves: outputs as `terraform output` prints them, and the sum of what was or will be done."""

from __future__ import annotations

from collections.abc import Mapping

from kfinfra.model.plain import UNKNOWN
from kfinfra.plan.change import Plan
from kfinfra.state.document import OutputState
from kfinfra.values.codec import from_data
from kfinfra.values.render import render


def render_outputs(outputs: Mapping[str, OutputState]) -> str:
    """A line or more an output, sensitive ones hidden; empty where there is none."""
    return "".join(f"{name} = {render_output(output)}\n" for name, output in sorted(outputs.items()))


def render_output(output: OutputState) -> str:
    """One output's value."""
    return "<sensitive>" if output.sensitive else render(from_data(output.value, UNKNOWN))


def summed(plan: Plan) -> str:
    """How much is done, as Terraform counts: imports only where there are some."""
    add, alter, destroy = plan.counts()
    imports = f"{plan.imports} to import, " if plan.imports else ""
    return f"{imports}{add} to add, {alter} to change, {destroy} to destroy."


def counted(what: str, counts: tuple[int, int, int], imported: int = 0) -> str:
    """What was imported (where something was), added, changed, destroyed; a destroy only destroys."""
    add, change, destroy = counts
    taken = f"{imported} imported, " if imported else ""
    return f"{destroy} destroyed" if what == "Destroy" else f"{taken}{add} added, {change} changed, {destroy} destroyed"
