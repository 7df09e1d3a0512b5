"""kfinfra runs list|show|terminate|retry."""

from __future__ import annotations

import sys
import time

import click

from kfinfra.cli.answers import print_json
from kfinfra.cli.following import followed
from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import colored, room


@click.group(name="runs")
def command() -> None:
    """Look at runs of pipelines, end them, try them again."""


@command.command(name="list")
@click.option("--limit", default=20, type=click.IntRange(1), help="So many, the newest first.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("address", required=False)
@click.pass_context
def list_(ctx: click.Context, limit: int, as_json: bool, address: str | None) -> int:
    """The newest runs, or those of the pipeline at ADDRESS."""
    from kfinfra.app.running import opened, pipeline_id
    from kfinfra.model.runs import PipelineRun
    from kfinfra.views.run_text import render_runs, run_json

    def found() -> list[PipelineRun]:
        wanted = pipeline_id(workplace(ctx), address) if address is not None else ""
        with opened(workplace(ctx)) as runs:
            return runs.list(limit, wanted)

    if not print_json(ctx, as_json, lambda: [run_json(run) for run in found()]):
        sys.stdout.write(render_runs(found(), colored(ctx, sys.stdout)))
    return 0


@command.command(name="show")
@click.option("--follow", is_flag=True, help="Watch it to its end; exit with 1 where it does not succeed.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.argument("run")
@click.pass_context
def show(ctx: click.Context, follow: bool, as_json: bool, run: str) -> int:
    """One run with its tasks. RUN is its id, the beginning of that, or its name."""
    from kfinfra.app.running import opened
    from kfinfra.model.runs import PipelineRun
    from kfinfra.views.run_text import render_run, run_json

    def found() -> PipelineRun:
        with opened(workplace(ctx)) as runs:
            return runs.get(runs.find(run))

    if follow:
        return followed(ctx, lambda: found().id, as_json)
    if not print_json(ctx, as_json, lambda: run_json(found())):
        sys.stdout.write(render_run(found(), time.time(), colored(ctx, sys.stdout), room(sys.stdout)))
    return 0


@command.command(name="terminate")
@click.argument("run")
@click.pass_context
def terminate(ctx: click.Context, run: str) -> int:
    """End a run. Its tasks' pods are stopped."""
    from kfinfra.app.running import opened

    with opened(workplace(ctx)) as runs:
        identifier = runs.find(run)
        runs.terminate(identifier)
    click.echo(f"The run {identifier} is being ended.")
    return 0


@command.command(name="retry")
@click.option("--follow", is_flag=True, help="Watch it to its end; exit with 1 where it does not succeed.")
@click.argument("run")
@click.pass_context
def retry(ctx: click.Context, follow: bool, run: str) -> int:
    """Run again what failed of a run; what succeeded is kept."""
    from kfinfra.app.running import opened

    def again() -> str:
        with opened(workplace(ctx)) as runs:
            identifier = runs.find(run)
            runs.retry(identifier)
            return identifier

    if follow:
        return followed(ctx, again)
    click.echo(f"The run {again()} is tried again.")
    return 0
