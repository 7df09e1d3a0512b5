"""The end of an apply: conditions that were not known before, and the outputs, now that everything is known."""

from __future__ import annotations

from dataclasses import replace

from kfinfra.config.configuration import Configuration
from kfinfra.engine.conditions import unmet
from kfinfra.engine.result import ApplyResult
from kfinfra.model.plain import UNKNOWN
from kfinfra.plan.change import Mode, Plan
from kfinfra.state.document import OutputState, State


def concluded(plan: Plan, result: ApplyResult, config: Configuration, before: State) -> ApplyResult:
    """The result with what the state will say of outputs; after a part of the work they are as they were."""
    if plan.mode is Mode.NORMAL and not (result.failed or result.interrupted):
        result = replace(result, failed=unmet(config, (*plan.changes, *plan.data)))
    if plan.mode is Mode.DESTROY:
        return replace(result, outputs={})
    if plan.mode is Mode.REFRESH_ONLY or result.failed or result.interrupted or plan.targets:
        return replace(result, outputs=before.outputs)
    config.settle_all()
    given, problems = config.outputs_given()
    outputs = {n: OutputState(None if s or v is UNKNOWN else v, s) for n, (v, s) in given.items()}
    kept = {n: o for n, o in before.outputs.items() if n in config.module.outputs} if problems else {}
    return replace(result, outputs={**kept, **outputs}, problems=problems)
