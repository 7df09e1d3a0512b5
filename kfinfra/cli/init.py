"""kfinfra init."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kfinfra.cli.common import workplace


@click.command(name="init")
@click.option("--new", metavar="DIR", help="Write a starting configuration into DIR.")
@click.option("--upgrade", is_flag=True, help="Ask for the newest commit of each module's ref, whatever the lock file says.")
@click.pass_context
def command(ctx: click.Context, new: str | None, upgrade: bool) -> int:
    """Prepare a working folder: fetch its modules, and check the configuration."""
    from kfinfra.app.starting import initialize, new_configuration

    if new is not None:
        for path in new_configuration(Path(new)):
            print(path)
        return 0
    for line in initialize(workplace(ctx), upgrade):
        print(line, file=sys.stderr)
    return 0
