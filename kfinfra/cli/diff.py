"""kfinfra diff."""

from __future__ import annotations

import sys

import click

from kfinfra.cli.answers import print_json
from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import colored


@click.command(name="diff")
@click.option("--json", "as_json", is_flag=True, help="The lines, with their symbols and depths, as JSON.")
@click.argument("address")
@click.argument("old", required=False, metavar="[VERSION]")
@click.argument("new", required=False, metavar="[VERSION]")
@click.pass_context
def command(ctx: click.Context, as_json: bool, address: str, old: str | None, new: str | None) -> int:
    """Compare two deployed versions of a pipeline, task by task.

    Without a VERSION: the newest with the one before it; with one: that one with the newest.
    """
    from kfinfra.app.comparing import compare_versions
    from kfinfra.views.comparison import comparison_json, render_comparison

    if not print_json(ctx, as_json, lambda: comparison_json(compare_versions(workplace(ctx), address, old, new))):
        found = compare_versions(workplace(ctx), address, old, new)
        sys.stdout.write(render_comparison(address, found, colored(ctx, sys.stdout)))
    return 0
