"""kfinfra refresh."""

from __future__ import annotations

from typing import Any

import click

from kfinfra.cli.apply import carry_out
from kfinfra.cli.options import TARGET, WithVariables, settings_of
from kfinfra.plan.change import Mode


@click.command(name="refresh", cls=WithVariables)
@settings_of
@TARGET
@click.option("--json", "as_json", is_flag=True, help="Terraform's JSON lines.")
@click.pass_context
def command(ctx: click.Context, /, **given: Any) -> int:
    """Take over into state what changed outside: apply -refresh-only -auto-approve."""
    return carry_out(ctx, Mode.NORMAL, True, None, {**given, "refresh": True, "refresh_only": True, "replace": ()})
