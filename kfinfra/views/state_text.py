"""State as text: each resource with its attributes, sensitive ones hidden."""

from __future__ import annotations

import json

from kfinfra.model.plain import Plain
from kfinfra.plan.file import redact
from kfinfra.state.document import ResourceState, State


def render_state(state: State) -> str:
    """All resources, sorted by address."""
    if not state.resources:
        return "The state is empty.\n"
    return "\n".join(render_resource(r) for _, r in sorted(state.resources.items()))


def render_resource(resource: ResourceState) -> str:
    """One resource."""
    shown = redact(dict(resource.attributes), resource.sensitive)
    values = shown if isinstance(shown, dict) else {}
    taint = " (tainted)" if resource.tainted else ""
    lines = [f"# {resource.address}:{taint}", f'{resource.address.type} "{resource.address.name}" {{']
    width = max((len(name) for name, value in values.items() if value is not None), default=0)
    lines += [f"    {name:<{width}} = {_text(value)}" for name, value in sorted(values.items()) if value is not None]
    return "\n".join([*lines, "}", ""])


def _text(value: Plain) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda _: "(sensitive value)")
