"""kfinfra version."""

import click

from kfinfra import __version__


@click.command(name="version")
def command() -> int:
    """Print the version."""
    click.echo(f"kfinfra {__version__}")
    return 0
