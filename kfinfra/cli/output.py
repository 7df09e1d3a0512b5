"""kfinfra output."""

from __future__ import annotations

import sys

import click

from kfinfra.cli.answers import json_wanted, print_json
from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import show_diagnostics
from kfinfra.diag import warning

NONE_YET = "The state has no outputs: none was declared, or nothing was applied yet."


@click.command(name="output")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--raw", is_flag=True, help="A string, number or bool without quotes and without a newline.")
@click.argument("name", required=False)
@click.pass_context
def command(ctx: click.Context, as_json: bool, raw: bool, name: str | None) -> int:
    """Show the outputs of the last apply."""
    from kfinfra.app.inspect import read_outputs
    from kfinfra.app.showing import raw_text, value_of
    from kfinfra.views.outputs_text import render_output, render_outputs
    from kfinfra.views.state_json import outputs_json

    if raw and (name is None or json_wanted(ctx, as_json)):
        raise click.UsageError("-raw takes the name of one output, and excludes -json")
    work = workplace(ctx)
    if name is not None:
        if not print_json(ctx, as_json, lambda: value_of(read_outputs(work), name).value):
            output = value_of(read_outputs(work), name)
            sys.stdout.write(raw_text(name, output) if raw else render_output(output) + "\n")
    elif not print_json(ctx, as_json, lambda: outputs_json(read_outputs(work)), indent=2):
        outputs = read_outputs(work)
        sys.stdout.write(render_outputs(outputs))
        show_diagnostics([] if outputs else [warning("No outputs found", NONE_YET)], not ctx.obj["no_color"])
    return 0
