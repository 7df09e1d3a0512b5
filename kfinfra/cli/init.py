"""kfinfra init."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kfinfra.cli.common import workplace


@click.command(name="init")
@click.option("--new", metavar="DIR", help="Write a starting configuration into DIR.")
@click.pass_context
def command(ctx: click.Context, new: str | None) -> int:
    """Prepare a working folder."""
    from kfinfra.app.starting import initialize, new_configuration

    if new is not None:
        for path in new_configuration(Path(new)):
            print(path)
        return 0
    for line in initialize(workplace(ctx)):
        print(line, file=sys.stderr)
    return 0
