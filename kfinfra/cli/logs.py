"""kfinfra logs."""

from __future__ import annotations

import sys

import click

from kfinfra.cli.place import workplace


@click.command(name="logs")
@click.option("--follow", is_flag=True, help="Go on while the task writes.")
@click.option("--namespace", metavar="NAME", help="Where the run's pods are; the provider's namespace, else kubeflow.")
@click.argument("run")
@click.argument("task", required=False)
@click.pass_context
def command(ctx: click.Context, follow: bool, namespace: str | None, run: str, task: str | None) -> int:
    """What a run's tasks wrote: one TASK, or all of them with their names before each line."""
    from kfinfra.app.running import logs

    for path, line in logs(workplace(ctx), run, task, follow, namespace):
        sys.stdout.write(f"{line}\n" if task is not None else f"[{path}] {line}\n")
        if follow:
            sys.stdout.flush()
    return 0
