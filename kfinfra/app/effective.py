"""show ADDRESS: the settings that each task of a pipeline has in the end, from the configuration. No server is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from kfinfra.app import wiring
from kfinfra.app.inspect import read_state
from kfinfra.app.options import Workplace
from kfinfra.app.reading import configuration
from kfinfra.config.configuration import Configuration
from kfinfra.diag import DiagnosticError, did_you_mean, error
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.resource import Desired, Resource
from kfinfra.plan.diff import diff
from kfinfra.state.document import State

if TYPE_CHECKING:
    from kfinfra.pipelines.effective import Setting


def effective_settings(work: Workplace, address: Address) -> Mapping[str, Sequence[Setting]]:
    """Each task's settings by path, with where each comes from. Raises DiagnosticError."""
    desired, attributes = _desired(configuration(work), read_state(work), address)
    unknown = sorted(n for n in ("source", "package", "function", "defaults", "override", "dag") if _holes(attributes.get(n)))
    if unknown:
        detail = f"{', '.join(unknown)} of {address} depend on what is known after apply only."
        raise DiagnosticError(error("Settings are not known yet", detail, hint="apply what they refer to, then ask again"))
    try:
        return wiring.task_settings(work, desired, attributes)
    except DiagnosticError as problem:
        raise DiagnosticError(d.at(desired.span, str(address)) for d in problem.diagnostics) from problem


def _desired(config: Configuration, state: State | None, address: Address) -> tuple[Desired, Attributes]:
    """What is declared at `address`, and the attributes it will have, seeing what the state knows of everything before it."""
    recorded = {a: r.resource() for a, r in state.resources.items()} if state is not None else {}
    pipelines: list[str] = []
    for block in config.order:
        for desired in config.instances(block):
            after = diff(desired, recorded.get(desired.address), config.types[desired.address.type], desired.provider).after or {}
            if desired.address == address:
                return desired, after
            pipelines += [str(desired.address)] if desired.address.type == "pipeline" else []
            config.settle(_seen(desired, after))
    detail = f"The configuration declares no {address}.{did_you_mean(str(address), pipelines)}"
    hint = f"it declares {', '.join(sorted(pipelines))}" if pipelines else "it declares no pipeline"
    raise DiagnosticError(error("No such pipeline", detail, hint=hint))


def _seen(desired: Desired, after: Attributes) -> Resource:
    return Resource(desired.address, after, desired.resource.sensitive)


def _holes(value: Plain) -> bool:
    match value:
        case dict():
            return any(_holes(inner) for name, inner in value.items() if name not in _NOT_OF_CONTENT)
        case list():
            return any(map(_holes, value))
        case _:
            return value is UNKNOWN


_NOT_OF_CONTENT = frozenset({"instance_types", "labels", "ami_type", "capacity_type"})
"""What a setting may carry of a node group besides what goes into the package."""
