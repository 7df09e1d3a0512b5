"""kfinfra validate."""

from __future__ import annotations

import json

import click

from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import show_diagnostics
from kfinfra.diag import Severity


@click.command(name="validate")
@click.option("--json", "as_json", is_flag=True, help="Answer in Terraform's JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """Check the configuration; no server is asked."""
    from kfinfra.app.validation import validate
    from kfinfra.views.diagnostic import validate_json

    found = validate(workplace(ctx))
    failed = any(d.severity is Severity.ERROR for d in found)
    if as_json or ctx.obj["json"]:
        print(json.dumps(validate_json(found), indent=2))
    else:
        show_diagnostics(found, not ctx.obj["no_color"])
        if not failed:
            print("Success! The configuration is valid" + (", with warnings." if found else "."))
    return 1 if failed else 0
