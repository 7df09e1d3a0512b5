"""State and outputs in the JSON of `terraform show -json` and `terraform output -json`. Sensitive values are null."""

from __future__ import annotations

from collections.abc import Mapping

from kfinfra.state.document import OutputState, ResourceState, State
from kfinfra.views.checks_json import checks_json
from kfinfra.views.json_values import Json, known, type_json
from kfinfra.views.resources_json import Shown, modules_json, versions

FORMAT = "1.0"


def state_json(state: State | None) -> dict[str, Json]:
    """The state; without one, or with an empty one, only the format's version, as Terraform has it."""
    if state is None or not (state.resources or state.outputs or state.checks):
        return {"format_version": FORMAT}
    values: dict[str, Json] = {"outputs": outputs_json(state.outputs)} if state.outputs else {}
    values["root_module"] = modules_json(map(shown, state.resources.values()))
    out: dict[str, Json] = {"format_version": FORMAT, **versions(), "values": values}
    return out | ({"checks": checks_json(state.checks)} if state.checks else {})


def shown(resource: ResourceState) -> Shown:
    """A resource of state, to be shown."""
    return Shown(
        resource.address,
        resource.provider,
        resource.schema_version,
        resource.attributes,
        resource.sensitive,
        resource.dependencies,
        resource.tainted,
    )


def outputs_json(outputs: Mapping[str, OutputState]) -> dict[str, Json]:
    """Each output with its type and value; of a sensitive one neither is kept: its type is "dynamic", its value null."""
    return {name: output_json(output) for name, output in sorted(outputs.items())}


def output_json(output: OutputState) -> dict[str, Json]:
    """One output."""
    value = None if output.sensitive else output.value
    return {"sensitive": output.sensitive, "type": type_json(value), "value": known(value)}
