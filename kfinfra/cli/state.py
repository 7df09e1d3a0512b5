"""kfinfra state list|show."""

from __future__ import annotations

import sys

import click

from kfinfra.cli.common import workplace
from kfinfra.diag import DiagnosticError, did_you_mean, error


@click.group(name="state")
def command() -> None:
    """Look at the state."""


@command.command(name="list")
@click.pass_context
def list_(ctx: click.Context) -> int:
    """The addresses of what state knows of."""
    from kfinfra.app.inspect import read_state

    state = read_state(workplace(ctx))
    for address in sorted(state.resources) if state is not None else ():
        print(address)
    return 0


@command.command(name="show")
@click.argument("address")
@click.pass_context
def show(ctx: click.Context, address: str) -> int:
    """One resource as state knows it."""
    from kfinfra.app.inspect import read_state
    from kfinfra.views.state_text import render_resource

    state = read_state(workplace(ctx))
    found = {str(a): r for a, r in state.resources.items()} if state is not None else {}
    if address not in found:
        raise DiagnosticError(error("No such resource", f"State knows no {address}.{did_you_mean(address, found)}"))
    sys.stdout.write(render_resource(found[address]))
    return 0
