"""kfinfra force-unlock."""

from __future__ import annotations

import sys

import click

from kfinfra.cli.asking import confirmed
from kfinfra.cli.place import workplace

QUESTION = "Do you really want to take this lock away? Whoever holds it may be writing the state."


@click.command(name="force-unlock")
@click.option("--force", is_flag=True, help="Do not ask.")
@click.argument("lock_id", metavar="ID")
@click.pass_context
def command(ctx: click.Context, force: bool, lock_id: str) -> int:
    """Take away a lock of the state that nobody will release (the message of a locked state tells its ID)."""
    from kfinfra.app.transfer import unlock

    if not confirmed(QUESTION, force):
        print("force-unlock cancelled.", file=sys.stderr)
        return 1
    unlock(workplace(ctx), lock_id)
    print("The state is unlocked.", file=sys.stderr)
    return 0
