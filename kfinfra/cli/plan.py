"""kfinfra plan."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kfinfra.cli.common import audience, json_wanted, plan_options, planning, workplace
from kfinfra.plan.change import Mode


@click.command(name="plan")
@planning
@click.option("--destroy", is_flag=True, help="Plan to destroy everything.")
@click.option("--out", metavar="FILE", help="Save the plan for apply.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.option("--json", "as_json", is_flag=True, help="Terraform's JSON lines.")
@click.pass_context
def command(ctx: click.Context, /, destroy: bool, out: str | None, detailed_exitcode: bool, as_json: bool, **given: Any) -> int:
    """Show what apply would do."""
    from kfinfra.app.session import open_session

    options = plan_options(Mode.DESTROY if destroy else Mode.NORMAL, given)
    with (
        audience(ctx, json_wanted(ctx, as_json)) as told,
        open_session(workplace(ctx), options, told.hooks, "plan") as session,
    ):
        told.known(session.state)
        plan = session.plan()
        told.plan(plan)
        if out is not None:
            session.save_plan(plan, Path(out))
            told.saved(out)
    return 2 if detailed_exitcode and plan.has_changes else 0
