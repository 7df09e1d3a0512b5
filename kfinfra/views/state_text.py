"""State as text, as `terraform show` prints it: each resource with its attributes, sensitive ones hidden."""

from __future__ import annotations

from kfinfra.state.document import ResourceState, State
from kfinfra.views.outputs_text import render_outputs
from kfinfra.views.values_text import Context, Line, Slot, shown


def render_state(state: State | None) -> str:
    """All resources, sorted by address, and the outputs."""
    if state is None or not (state.resources or state.outputs):
        return "The state is empty.\n"
    parts = [render_resource(r) for _, r in sorted(state.resources.items())]
    if state.outputs:
        parts.append(f"Outputs:\n\n{render_outputs(state.outputs)}")
    return "\n".join(parts)


def render_resource(resource: ResourceState) -> str:
    """One resource."""
    taint = " (tainted)" if resource.tainted else ""
    lines: list[Line] = []
    values = {name: value for name, value in sorted(resource.attributes.items()) if value is not None}
    width = max(map(len, values), default=0)
    for name, value in values.items():
        lines += shown("", value, Slot((name,), f"{name:<{width}}", 2), Context.of(resource.sensitive))
    head = [f"# {resource.address}:{taint}", f'{resource.address.type} "{resource.address.name}" {{']
    return "\n".join([*head, *(line.render(False) for line in lines), "}", ""])
