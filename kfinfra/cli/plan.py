"""kfinfra plan."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from kfinfra.cli.common import colored, hooks, plan_options, planning, show_diagnostics, workplace
from kfinfra.plan.change import Mode


@click.command(name="plan")
@planning
@click.option("--destroy", is_flag=True, help="Plan to destroy everything.")
@click.option("--out", metavar="FILE", help="Save the plan for apply.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.pass_context
def command(ctx: click.Context, /, destroy: bool, out: str | None, detailed_exitcode: bool, **given: Any) -> int:
    """Show what apply would do."""
    from kfinfra.app.session import open_session
    from kfinfra.views.plan_text import render_plan

    options = plan_options(Mode.DESTROY if destroy else Mode.NORMAL, given)
    with open_session(workplace(ctx), options, hooks(ctx), "plan") as session:
        plan = session.plan()
        show_diagnostics(plan.warnings, not ctx.obj["no_color"])
        sys.stdout.write(render_plan(plan, color=colored(ctx, sys.stdout)))
        if out is not None:
            session.save_plan(plan, Path(out))
            print(f"Saved the plan to {out}. To do exactly this: kfinfra apply {out}", file=sys.stderr)
    return 2 if detailed_exitcode and plan.has_changes else 0
