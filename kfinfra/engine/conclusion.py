"""The end of an apply: conditions that were not known before, outputs and checks, now that everything is known."""

from __future__ import annotations

from dataclasses import replace

from kfinfra.config.configuration import Configuration
from kfinfra.engine.checks import verdicts
from kfinfra.engine.conditions import unmet
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.providers import ProviderSet
from kfinfra.engine.result import ApplyResult
from kfinfra.model.plain import UNKNOWN
from kfinfra.plan.change import Mode, Plan
from kfinfra.state.document import OutputState, State


def concluded(
    plan: Plan, result: ApplyResult, before: State, config: Configuration, providers: ProviderSet, hooks: Hooks
) -> ApplyResult:
    """The result with what the state will say of outputs and checks; after a part of the work they are as they were."""
    if plan.mode is Mode.NORMAL and not (result.failed or result.interrupted):
        result = replace(result, failed=unmet(config, (*plan.changes, *plan.data)))
    if plan.mode is Mode.DESTROY:
        return replace(result, outputs={})
    if plan.mode is Mode.REFRESH_ONLY or result.failed or result.interrupted or plan.targets:
        return replace(result, outputs=before.outputs, checks=before.checks)
    config.settle_all()
    given, problems = config.outputs_given()
    outputs = {n: OutputState(None if s or v is UNKNOWN else v, s) for n, (v, s) in given.items() if v is not None}
    kept = {n: o for n, o in before.outputs.items() if n in config.module.outputs} if problems else {}
    found = verdicts(config, providers, hooks)
    problems = tuple(dict.fromkeys((*problems, *found.warnings, *found.errors)))
    return replace(result, outputs={**kept, **outputs}, checks=found.checked, problems=problems)
