"""kfinfra workspace list|new|select|show|delete."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kfinfra.cli.answers import print_json
from kfinfra.cli.options import LOCK_TIMEOUT
from kfinfra.cli.options import lock_timeout as seconds_of
from kfinfra.cli.place import workplace
from kfinfra.diag import DiagnosticError, error

if TYPE_CHECKING:
    from kfinfra.app.options import Workplace
    from kfinfra.state.document import State
    from kfinfra.state.store import Workspaces


@click.group(name="workspace")
def command() -> None:
    """Several states of one configuration, such as one for each stage: kfinfra.workspace is the current one's name."""


def _every(ctx: click.Context) -> tuple[Workplace, Workspaces]:
    from kfinfra.app.inspect import state_workspaces

    work = workplace(ctx)
    return work, state_workspaces(work)


@command.command(name="list")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_context
def list_(ctx: click.Context, as_json: bool) -> int:
    """All workspaces; a star marks the current one."""
    from kfinfra.app.workspaces import listed

    found = listed(*_every(ctx))
    document: Callable[[], object] = lambda: [{"name": name, "current": here} for name, here in found.items()]  # noqa: E731
    if not print_json(ctx, as_json, document):
        for name, here in found.items():
            print(f"{'*' if here else ' '} {name}")
    return 0


@command.command(name="show")
@click.pass_context
def show(ctx: click.Context) -> int:
    """The current workspace's name."""
    from kfinfra.app.workspaces import current

    print(current(workplace(ctx)))
    return 0


@command.command(name="new")
@click.option("--state", "source", metavar="FILE", help="Begin with a copy of this state (of kfinfra state pull).")
@LOCK_TIMEOUT
@click.argument("name")
@click.pass_context
def new(ctx: click.Context, source: str | None, lock_timeout: str, name: str) -> int:
    """Make a workspace with an empty state, and select it."""
    from kfinfra.app.workspaces import create

    work, every = _every(ctx)
    create(work, every, name, _state(source), seconds_of(lock_timeout))
    print(f'Created and selected the workspace "{name}". Its state is {"a copy" if source else "empty"}.', file=sys.stderr)
    return 0


def _state(source: str | None) -> State:
    from kfinfra.app.session import new_state
    from kfinfra.state.codec import decode

    if source is None:
        return new_state()
    try:
        return decode(Path(source).read_bytes(), source)
    except OSError as problem:
        raise DiagnosticError(error("Cannot read the state", f"{source}: {problem.strerror or problem}.")) from problem


@command.command(name="select")
@click.option("--or-create", is_flag=True, help="Make it where there is none of that name.")
@LOCK_TIMEOUT
@click.argument("name")
@click.pass_context
def select(ctx: click.Context, or_create: bool, lock_timeout: str, name: str) -> int:
    """Make a workspace the current one."""
    from kfinfra.app.workspaces import create, missing
    from kfinfra.app.workspaces import select as choose

    work, every = _every(ctx)
    if choose(work, every, name):
        print(f'Selected the workspace "{name}".', file=sys.stderr)
        return 0
    if not or_create:
        raise missing(work, every, name)
    create(work, every, name, _state(None), seconds_of(lock_timeout))
    print(f'Created and selected the workspace "{name}". Its state is empty.', file=sys.stderr)
    return 0


@command.command(name="delete")
@click.option("--force", is_flag=True, help="Even where it manages objects: they stay, and nobody manages them.")
@LOCK_TIMEOUT
@click.argument("name")
@click.pass_context
def delete(ctx: click.Context, force: bool, lock_timeout: str, name: str) -> int:
    """Delete a workspace with its state; not the current one, and not one that manages objects."""
    from kfinfra.app.workspaces import delete as remove

    work, every = _every(ctx)
    left = remove(work, every, name, force, seconds_of(lock_timeout))
    behind = (
        f" {left} object{'' if left == 1 else 's'} that it managed {'is' if left == 1 else 'are'} left behind." if left else ""
    )
    print(f'Deleted the workspace "{name}".{behind}', file=sys.stderr)
    return 0
