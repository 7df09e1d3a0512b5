"""kfinfra state: list and show are here, what changes it is in state_changes."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import click

from kfinfra.cli.addresses import ADDRESS
from kfinfra.cli.answers import print_json
from kfinfra.cli.place import workplace
from kfinfra.cli.state_changes import mv, pull, push, rm
from kfinfra.diag import DiagnosticError, did_you_mean, error
from kfinfra.state.document import ResourceState


@click.group(name="state")
def command() -> None:
    """Look at the state, and change it by hand."""


for each in (mv, rm, pull, push):
    command.add_command(each)


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As a JSON list.")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...", type=ADDRESS)
@click.pass_context
def list_(ctx: click.Context, as_json: bool, addresses: tuple[str, ...]) -> int:
    """The addresses of what state knows of; with ADDRESS those that it names, or that lie in the modules that it names."""
    if not print_json(ctx, as_json, lambda: list(_named(ctx, addresses))):
        for address in _named(ctx, addresses):
            print(address)
    return 0


@command.command(name="show")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("address", type=ADDRESS)
@click.pass_context
def show(ctx: click.Context, as_json: bool, address: str) -> int:
    """One resource as state knows it."""
    from kfinfra.views.resources_json import resource_json
    from kfinfra.views.state_json import shown
    from kfinfra.views.state_text import render_resource

    if not print_json(ctx, as_json, lambda: resource_json(shown(_resource(ctx, address)))):
        sys.stdout.write(render_resource(_resource(ctx, address)))
    return 0


def _resources(ctx: click.Context) -> dict[str, ResourceState]:
    from kfinfra.app.inspect import read_state

    state = read_state(workplace(ctx))
    return {str(a): r for a, r in sorted(state.resources.items())} if state is not None else {}


def _named(ctx: click.Context, addresses: tuple[str, ...]) -> Iterable[str]:
    from kfinfra.app.inspect import targets

    wanted, known = targets(addresses), _resources(ctx)
    for target in wanted:
        if not any(target.contains(r.address) for r in known.values()):
            raise DiagnosticError(
                error("No such resource", f"State knows nothing at {target}.{did_you_mean(str(target), known)}")
            )
    return [text for text, r in known.items() if not wanted or any(t.contains(r.address) for t in wanted)]


def _resource(ctx: click.Context, address: str) -> ResourceState:
    found = _resources(ctx)
    if address not in found:
        raise DiagnosticError(error("No such resource", f"State knows no {address}.{did_you_mean(address, found)}"))
    return found[address]
