"""kfinfra output."""

from __future__ import annotations

import json

import click

from kfinfra.cli.common import workplace
from kfinfra.diag import DiagnosticError, did_you_mean, error


@click.command(name="output")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--raw", is_flag=True, help="A string without quotes.")
@click.argument("name", required=False)
@click.pass_context
def command(ctx: click.Context, as_json: bool, raw: bool, name: str | None) -> int:
    """Show the outputs of the last apply."""
    from kfinfra.app.inspect import read_outputs

    outputs = read_outputs(workplace(ctx))
    if name is None:
        if as_json:
            shown = {n: {"sensitive": o.sensitive, "value": o.value} for n, o in outputs.items()}
            print(json.dumps(shown, indent=2, ensure_ascii=False))
        else:
            for key, output in sorted(outputs.items()):
                print(f"{key} = {'<sensitive>' if output.sensitive else json.dumps(output.value, ensure_ascii=False)}")
        return 0
    if name not in outputs:
        raise DiagnosticError(error("No such output", f'There is no output "{name}" in state.{did_you_mean(name, outputs)}'))
    value = outputs[name].value
    if outputs[name].sensitive:
        raise DiagnosticError(error("Output is sensitive", f'The value of "{name}" is not kept in state.'))
    print(value if raw and isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return 0
