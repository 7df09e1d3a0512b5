"""kfinfra state mv|rm|pull|push."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kfinfra.cli.addresses import ADDRESS
from kfinfra.cli.options import LOCK_TIMEOUT, WithVariables, plan_options, settings_of
from kfinfra.cli.options import lock_timeout as seconds_of
from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import hooks, show_diagnostics
from kfinfra.diag import DiagnosticError, counted, error
from kfinfra.plan.change import Mode

if TYPE_CHECKING:
    from kfinfra.engine.result import ApplyResult


@click.command(name="mv", cls=WithVariables)
@settings_of
@click.option("--dry-run", is_flag=True, help="Only tell what would move.")
@click.argument("source", type=ADDRESS)
@click.argument("destination", type=ADDRESS)
@click.pass_context
def mv(ctx: click.Context, /, dry_run: bool, source: str, destination: str, **given: Any) -> int:
    """Move a resource, an instance of one, or a module to another address, with the marks on its objects.

    A moved block in the configuration does the same for everybody who applies it.
    """
    from kfinfra.app.session import open_session
    from kfinfra.app.surgery import moves

    with open_session(
        workplace(ctx), plan_options(Mode.NORMAL, given), hooks(ctx), "state mv", require_variables=False
    ) as session:
        changes = moves(session.state, source, destination, session.config.types)
        for change in changes:
            print(f'{"Would move" if dry_run else "Move"} "{change.previous}" to "{change.address}"')
        return 0 if dry_run else told(ctx, session.adopt(changes), "moved")


@click.command(name="rm", cls=WithVariables)
@settings_of
@click.option("--dry-run", is_flag=True, help="Only tell what would be removed.")
@click.option("--skip-marks", is_flag=True, help="Ask no server: the objects keep the mark that says they are managed here.")
@click.argument("addresses", nargs=-1, required=True, type=ADDRESS)
@click.pass_context
def rm(ctx: click.Context, /, dry_run: bool, skip_marks: bool, addresses: tuple[str, ...], **given: Any) -> int:
    """Forget resources, instances or modules: their objects stay as they are, without the mark.

    A removed block with destroy = false does the same for everybody who applies it.
    """
    from kfinfra.app.session import open_session
    from kfinfra.app.surgery import forgets, without

    with open_session(
        workplace(ctx), plan_options(Mode.NORMAL, given), hooks(ctx), "state rm", require_variables=False
    ) as session:
        changes = forgets(session.state, addresses, session.config.types)
        for change in changes:
            print(f"{'Would remove' if dry_run else 'Remove'} {change.address}")
        if dry_run:
            return 0
        return told(ctx, without(session, changes) if skip_marks else session.adopt(changes), "removed")


def told(ctx: click.Context, result: ApplyResult, what: str) -> int:
    """Says what was done, and what was not and why; the exit code."""
    for found in result.failed.values():
        show_diagnostics(found, not ctx.obj["no_color"])
    count = len(result.adopted)
    print(f"Successfully {what} {count} object{'' if count == 1 else 's'}.", file=sys.stderr)
    return 1 if result.failed else 0


@click.command(name="pull")
@click.pass_context
def pull(ctx: click.Context) -> int:
    """Print the state document."""
    from kfinfra.app.transfer import pull as document

    sys.stdout.write((document(workplace(ctx)) or b"").decode())
    return 0


@click.command(name="push")
@LOCK_TIMEOUT
@click.option("--force", is_flag=True, help="Skip the checks of lineage and serial, and forget operations that were left open.")
@click.argument("file")
@click.pass_context
def push(ctx: click.Context, force: bool, file: str, lock_timeout: str) -> int:
    """Write a state document in the place of the state (`-` reads standard input)."""
    from kfinfra.app.transfer import push as replace_state

    read: Callable[[], bytes] = sys.stdin.buffer.read if file == "-" else Path(file).read_bytes
    try:
        data = read()
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a file", f"{file}: {problem.strerror or problem}.")) from problem
    state = replace_state(workplace(ctx), data, "<stdin>" if file == "-" else file, force, seconds_of(lock_timeout))
    print(f"The state has serial {state.serial} and {counted(len(state.resources), 'object')} now.", file=sys.stderr)
    return 0
