"""kfinfra apply."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from kfinfra.cli.common import (
    colored,
    confirmed,
    hooks,
    plan_options,
    planning,
    report,
    show_diagnostics,
    stopping,
    workplace,
)
from kfinfra.plan.change import Mode

QUESTION = "Do you want to perform these actions?"


@click.command(name="apply")
@planning
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--destroy", is_flag=True, help="Destroy everything.")
@click.argument("planfile", required=False)
@click.pass_context
def command(ctx: click.Context, /, auto_approve: bool, destroy: bool, planfile: str | None, **given: Any) -> int:
    """Make it so: a saved plan, or a fresh one."""
    return carry_out(ctx, Mode.DESTROY if destroy else Mode.NORMAL, auto_approve, planfile, given)


def carry_out(ctx: click.Context, mode: Mode, auto_approve: bool, planfile: str | None, given: dict[str, Any]) -> int:
    """Plans (or loads), asks, applies, reports; the exit code."""
    from kfinfra.app.session import open_session
    from kfinfra.views.plan_text import render_plan

    if planfile and (mode is Mode.DESTROY or given["target"] or given["replace"] or given["refresh_only"]):
        raise click.UsageError("a saved plan is applied as it is: -destroy, -target, -replace and -refresh-only belong to plan")
    what = "Destroy" if mode is Mode.DESTROY else "Apply"
    with open_session(workplace(ctx), plan_options(mode, given), hooks(ctx), what.lower()) as session:
        plan = session.load_plan(Path(planfile)) if planfile else session.plan()
        if not planfile:
            show_diagnostics(plan.warnings, not ctx.obj["no_color"])
            sys.stdout.write(render_plan(plan, color=colored(ctx, sys.stdout)))
            sys.stdout.flush()
            if plan.has_changes and not confirmed(QUESTION, auto_approve):
                print(f"{what} cancelled.", file=sys.stderr)
                return 1
        with stopping() as stop:
            return report(session.apply(plan, stop), what)
