"""kfinfra show."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kfinfra.cli.common import colored, workplace


@click.command(name="show")
@click.argument("planfile", required=False)
@click.pass_context
def command(ctx: click.Context, planfile: str | None) -> int:
    """Show a saved plan, or the state."""
    from kfinfra.app.inspect import read_plan, read_state
    from kfinfra.views.plan_text import render_plan
    from kfinfra.views.state_text import render_state

    if planfile is not None:
        sys.stdout.write(render_plan(read_plan(Path(planfile)), color=colored(ctx, sys.stdout)))
        return 0
    state = read_state(workplace(ctx))
    sys.stdout.write(render_state(state) if state is not None else "The state is empty.\n")
    return 0
