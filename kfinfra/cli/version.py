"""kfinfra version."""

import json

import click

from kfinfra import __version__


@click.command(name="version")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def command(as_json: bool) -> int:
    """Print the version."""
    click.echo(json.dumps({"kfinfra_version": __version__}) if as_json else f"kfinfra {__version__}")
    return 0
