"""kfinfra apply."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kfinfra.cli.answers import audience, json_wanted, made_plan
from kfinfra.cli.asking import confirmed
from kfinfra.cli.options import WithVariables, plan_options, planning
from kfinfra.cli.place import workplace
from kfinfra.cli.stopping import stopping
from kfinfra.plan.change import Mode

if TYPE_CHECKING:
    from kfinfra.app.options import PlanOptions

QUESTION = "Do you want to perform these actions?"


@click.command(name="apply", cls=WithVariables)
@planning
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--destroy", is_flag=True, help="Destroy everything.")
@click.option("--json", "as_json", is_flag=True, help="Terraform's JSON lines; needs -auto-approve or a saved plan.")
@click.argument("planfile", required=False)
@click.pass_context
def command(ctx: click.Context, /, auto_approve: bool, destroy: bool, planfile: str | None, **given: Any) -> int:
    """Make it so: a saved plan, or a fresh one."""
    return carry_out(ctx, Mode.DESTROY if destroy else Mode.NORMAL, auto_approve, planfile, given)


def carry_out(ctx: click.Context, mode: Mode, auto_approve: bool, planfile: str | None, given: dict[str, Any]) -> int:
    """Plans (or loads), asks, applies, reports; the exit code."""
    from kfinfra.app.session import open_session

    if planfile and (mode is Mode.DESTROY or given["target"] or given["replace"] or given["refresh_only"]):
        raise click.UsageError("a saved plan is applied as it is: -destroy, -target, -replace and -refresh-only belong to plan")
    what = "Destroy" if mode is Mode.DESTROY else "Apply"
    as_json, options = json_wanted(ctx, given["as_json"]), plan_options(mode, given)
    with (
        audience(ctx, as_json) as told,
        open_session(workplace(ctx), _planned(ctx, options, planfile), told.hooks, what.lower()) as session,
    ):
        told.known(session.state)
        plan = session.load_plan(Path(planfile)) if planfile else made_plan(session, told)
        if not planfile:
            told.plan(replace(plan, check_warnings=()) if auto_approve else plan)  # nobody reads them: the end tells them
            if plan.has_changes and not confirmed(QUESTION, auto_approve, as_json, may_ask=given["may_ask"]):
                print(f"{what} cancelled.", file=sys.stderr)
                return 1
        with stopping(told.hooks.interrupted) as stop:
            result = session.apply(plan, stop)
        told.result(result, what)
    return 130 if result.interrupted else 0 if result.is_complete else 1


def _planned(ctx: click.Context, options: PlanOptions, planfile: str | None) -> PlanOptions:
    """The options with the values of variables that a saved plan holds. Raises DiagnosticError where it cannot be read."""
    from kfinfra.app.session import planned_variables

    return replace(options, planned=planned_variables(workplace(ctx), options, Path(planfile))) if planfile else options
