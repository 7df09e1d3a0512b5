"""kfinfra destroy."""

from __future__ import annotations

from typing import Any

import click

from kfinfra.cli.apply import carry_out
from kfinfra.cli.options import WithVariables, planning
from kfinfra.plan.change import Mode


@click.command(name="destroy", cls=WithVariables)
@planning
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Terraform's JSON lines; needs -auto-approve.")
@click.pass_context
def command(ctx: click.Context, /, auto_approve: bool, **given: Any) -> int:
    """Take everything away that state knows of."""
    return carry_out(ctx, Mode.DESTROY, auto_approve, None, given)
