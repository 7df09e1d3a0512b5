"""What is shown: a saved plan with the state and the configuration that it was made from, and one output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kfinfra.app import wiring
from kfinfra.app.catalogue import resource_types
from kfinfra.app.inspect import read_plan
from kfinfra.app.options import Workplace
from kfinfra.app.reading import configuration
from kfinfra.config.configuration import Configuration
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error, warning
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Plan
from kfinfra.state.document import OutputState, State


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan and its surroundings. `made` is when it was made (seconds since the epoch).

    `prior` is None where the state has moved on, `configuration` where the folder holds another one; `notes` say so.
    """

    plan: Plan
    made: float
    types: Mapping[str, ResourceType]
    prior: State | None = None
    configuration: Configuration | None = None
    notes: tuple[Diagnostic, ...] = ()


def saved_plan(work: Workplace, path: Path) -> PlanView:
    """The plan in the file `path`, as old as the file. Raises DiagnosticError where it is none, or the state cannot be read."""
    plan, made, types = read_plan(work, path), path.stat().st_mtime, resource_types()
    config = _configuration(work)
    if config is None or config.digest != plan.config_digest:
        detail = f"The configuration in {work.root} is not the one that {path} was made from, so it is not shown with it."
        return PlanView(plan, made, types, notes=(warning("Configuration has changed", detail),))
    state = wiring.store(work, config.settings).read()
    if state is None or (state.lineage, state.serial) != (plan.lineage, plan.serial):
        detail = "The state has changed since this plan was made: what the plan does not touch is not shown with it."
        return PlanView(plan, made, types, None, config, (warning("State has changed", detail),))
    return PlanView(plan, made, types, state, config)


def _configuration(work: Workplace) -> Configuration | None:
    try:
        return configuration(work)
    except DiagnosticError:
        return None  # what is wrong with it is validate's to say: it is not the plan's configuration, and a note says that


def value_of(outputs: Mapping[str, OutputState], name: str) -> OutputState:
    """The output `name`, whose value is known. Raises DiagnosticError where there is none, or where it is sensitive."""
    if name not in outputs:
        detail = f'There is no output "{name}" in state.{did_you_mean(name, outputs)}'
        raise DiagnosticError(error("No such output", detail, hint="a new output has a value after the next apply"))
    if outputs[name].sensitive:
        raise DiagnosticError(error("Output is sensitive", f'The value of "{name}" is not kept in state.'))
    return outputs[name]


def raw_text(name: str, output: OutputState) -> str:
    """The text of an output that is a string, a number or a bool. Raises DiagnosticError for any other."""
    match output.value:
        case bool():
            return str(output.value).lower()
        case str() | int() | float():
            return str(output.value)
        case found:
            kind = "null" if found is None else "an object" if isinstance(found, dict) else "a list"
            detail = f'-raw prints a string, a number or a bool, and "{name}" is {kind}.'
            raise DiagnosticError(error("Unsupported value for raw output", detail, hint="use -json"))
