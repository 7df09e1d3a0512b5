"""kfinfra init."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from kfinfra.cli.asking import confirmed
from kfinfra.cli.options import LOCK_TIMEOUT, VARIABLES, WithVariables, var_inputs, with_options
from kfinfra.cli.options import lock_timeout as seconds_of
from kfinfra.cli.place import workplace


@click.command(name="init", cls=WithVariables)
@click.option("--new", metavar="DIR", help="Write a starting configuration into DIR.")
@click.option("--input/--no-input", "may_ask", default=True, help="Ask before a state is copied, on a terminal.")
@click.option("--upgrade", is_flag=True, help="Ask for the newest commit of each module's ref, whatever the lock file says.")
@click.option("--backend/--no-backend", default=True, help="Look at where the state lies.")
@click.option("--migrate-state", "migrate", is_flag=True, help="Copy the state from where it was to where it is to be.")
@click.option("--force-copy", is_flag=True, help="The same, without asking.")
@click.option("--reconfigure", is_flag=True, help="Use the state at the new place, and leave the one at the old place.")
@click.option(
    "--backend-config",
    multiple=True,
    metavar="NAME=VALUE|FILE",
    help="An argument that the backend block leaves out, or a file of such; kept for the commands that follow.",
)
@LOCK_TIMEOUT
@with_options(VARIABLES)
@click.pass_context
def command(
    ctx: click.Context,
    new: str | None,
    may_ask: bool,
    upgrade: bool,
    backend: bool,
    migrate: bool,
    force_copy: bool,
    reconfigure: bool,
    backend_config: tuple[str, ...],
    lock_timeout: str,
    var: tuple[str, ...],
    var_file: tuple[str, ...],
) -> int:
    """Prepare a working folder: fetch its modules, check the configuration, and settle where its state lies."""
    from kfinfra.app.starting import InitOptions, initialize, new_configuration

    if new is not None:
        for path in new_configuration(Path(new)):
            print(path)
        return 0
    if backend_config and (not backend or ctx.obj["sandbox"]):
        raise click.UsageError("-backend-config is for the place of the state, which -backend=false and --sandbox leave alone")
    if reconfigure and (migrate or force_copy):
        raise click.UsageError("-reconfigure excludes -migrate-state and -force-copy")
    options = InitOptions(
        upgrade,
        backend,
        migrate or force_copy,
        reconfigure,
        lambda question: confirmed(question, force_copy, flag="-force-copy", may_ask=may_ask),
        tuple(var_inputs(var, var_file)),
        seconds_of(lock_timeout),
        backend_config,
    )
    for line in initialize(workplace(ctx), options):
        print(line, file=sys.stderr)
    return 0
