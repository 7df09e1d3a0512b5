"""kfinfra run."""

from __future__ import annotations

import click

from kfinfra.cli.answers import json_wanted, print_json
from kfinfra.cli.following import followed
from kfinfra.cli.place import workplace


@click.command(name="run")
@click.option("-p", "--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="A parameter's value.")
@click.option("--version", "version", metavar="VERSION", help="The version to run; the newest where it is not given.")
@click.option("--experiment", metavar="NAME", help="The experiment that it belongs to.")
@click.option("--name", metavar="NAME", help="The run's name; the pipeline's with the time where it is not given.")
@click.option("--service-account", metavar="NAME", help="The service account of its pods.")
@click.option("--pipeline-root", metavar="URL", help="Where its artifacts go.")
@click.option("--follow", is_flag=True, help="Watch it to its end; exit with 1 where it does not succeed.")
@click.option("--json", "as_json", is_flag=True, help="The run as JSON, at its end with -follow.")
@click.argument("address")
@click.pass_context
def command(
    ctx: click.Context,
    address: str,
    parameters: tuple[str, ...],
    version: str | None,
    experiment: str | None,
    name: str | None,
    service_account: str | None,
    pipeline_root: str | None,
    follow: bool,
    as_json: bool,
) -> int:
    """Run a deployed pipeline, as in: kfinfra run pipeline.train -p epochs=3 -follow"""
    from kfinfra.app.running import RunRequest, start
    from kfinfra.views.run_text import run_json

    request = RunRequest(address, parameters, version, experiment, name, service_account, pipeline_root)
    if follow:
        return followed(ctx, lambda: start(workplace(ctx), request).id, as_json)
    if print_json(ctx, as_json, lambda: run_json(start(workplace(ctx), request))):
        return 0
    run = start(workplace(ctx), request)
    click.echo(run.id)
    if not ctx.obj["quiet"] and not json_wanted(ctx, as_json):
        click.echo(f'Started "{run.name}". Watch it: kfinfra runs show -follow {run.id}', err=True)
    return 0
