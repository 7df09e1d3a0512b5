"""kfinfra show."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kfinfra.cli.answers import print_json
from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import colored, show_diagnostics
from kfinfra.model.address import Address


@click.command(name="show")
@click.option("--json", "as_json", is_flag=True, help="As JSON: Terraform's of a plan or the state.")
@click.argument("what", required=False, metavar="[PLANFILE | ADDRESS]")
@click.pass_context
def command(ctx: click.Context, as_json: bool, what: str | None) -> int:
    """Show a saved plan, the settings of each task of a pipeline (its address), or the state."""
    address = _pipeline(what)
    if address is not None:
        return _settings(ctx, as_json, address)
    if what is not None:
        return _plan(ctx, as_json, Path(what))
    from kfinfra.app.inspect import read_state
    from kfinfra.views.state_json import state_json
    from kfinfra.views.state_text import render_state

    if not print_json(ctx, as_json, lambda: state_json(read_state(workplace(ctx)))):
        sys.stdout.write(render_state(read_state(workplace(ctx))))
    return 0


def _pipeline(what: str | None) -> Address | None:
    """The address of a pipeline, if that is what is meant: a file of that name goes first."""
    try:
        address = Address.parse(what or "")
    except ValueError:
        return None
    return None if address.type != "pipeline" or Path(what or "").exists() else address


def _settings(ctx: click.Context, as_json: bool, address: Address) -> int:
    from kfinfra.app.effective import effective_settings
    from kfinfra.views.settings_text import render_settings, settings_json

    if not print_json(ctx, as_json, lambda: settings_json(effective_settings(workplace(ctx), address))):
        sys.stdout.write(render_settings(address, effective_settings(workplace(ctx), address), colored(ctx, sys.stdout)))
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
        sys.stdout.write(render_plan(read_plan(workplace(ctx), path), color=colored(ctx, sys.stdout)))
    return 0
