"""kfinfra drift."""

from __future__ import annotations

from typing import Any

import click

from kfinfra.cli.answers import audience, json_wanted, made_plan
from kfinfra.cli.options import WithVariables, plan_options, settings_of
from kfinfra.cli.place import workplace
from kfinfra.plan.change import Mode


@click.command(name="drift", cls=WithVariables)
@settings_of
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 where something has changed.")
@click.option("--json", "as_json", is_flag=True, help="Terraform's JSON lines.")
@click.pass_context
def command(ctx: click.Context, /, detailed_exitcode: bool, as_json: bool, **given: Any) -> int:
    """Show what changed outside since the last apply. Nothing is written; kfinfra refresh takes it over into state."""
    from kfinfra.app.session import open_session

    options = plan_options(Mode.REFRESH_ONLY, given)
    with (
        audience(ctx, json_wanted(ctx, as_json)) as told,
        open_session(workplace(ctx), options, told.hooks, "drift", require_variables=False) as session,
    ):
        told.known(session.state)
        plan = made_plan(session, told)
        told.drift(plan)
    return 2 if detailed_exitcode and plan.drift else 0
