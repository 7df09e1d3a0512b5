"""kfinfra show."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kfinfra.cli.common import colored, print_json, show_diagnostics, workplace


@click.command(name="show")
@click.option("--json", "as_json", is_flag=True, help="Terraform's JSON of the plan or the state.")
@click.argument("planfile", required=False)
@click.pass_context
def command(ctx: click.Context, as_json: bool, planfile: str | None) -> int:
    """Show a saved plan, or the state."""
    if planfile is not None:
        return _plan(ctx, as_json, Path(planfile))
    from kfinfra.app.inspect import read_state
    from kfinfra.views.state_json import state_json
    from kfinfra.views.state_text import render_state

    if not print_json(ctx, as_json, lambda: state_json(read_state(workplace(ctx)))):
        sys.stdout.write(render_state(read_state(workplace(ctx))))
    return 0


def _plan(ctx: click.Context, as_json: bool, path: Path) -> int:
    from kfinfra.app.inspect import read_plan
    from kfinfra.app.showing import saved_plan
    from kfinfra.views.plan_json import plan_json
    from kfinfra.views.plan_text import render_plan

    def document() -> object:
        view = saved_plan(workplace(ctx), path)
        show_diagnostics(view.notes, not ctx.obj["no_color"])
        return plan_json(view)

    if not print_json(ctx, as_json, document):
        sys.stdout.write(render_plan(read_plan(path), color=colored(ctx, sys.stdout)))
    return 0
