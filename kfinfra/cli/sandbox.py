"""kfinfra sandbox up|status|down|reset."""

from __future__ import annotations

from collections.abc import Mapping

import click

from kfinfra.cli.place import workplace


@click.group(name="sandbox")
def command() -> None:
    """Servers on this machine to try things against."""


def _show(environment: Mapping[str, str]) -> None:
    for name, value in sorted(environment.items()):
        print(f"export {name}={value}")


@command.command(name="up")
@click.pass_context
def up(ctx: click.Context) -> int:
    """Start it; prints the environment that leads clients to it."""
    from kfinfra.app.sandbox import sandbox_up

    _show(sandbox_up(workplace(ctx).root))
    return 0


@command.command(name="status")
@click.pass_context
def status(ctx: click.Context) -> int:
    """Whether it runs, and where; exit code 1 if not."""
    from kfinfra.app.sandbox import sandbox_status

    found = sandbox_status(workplace(ctx).root)
    if found is None:
        click.echo("The sandbox is not running.", err=True)
        return 1
    _show(found)
    return 0


@command.command(name="down")
@click.pass_context
def down(ctx: click.Context) -> int:
    """Stop it and forget all it held."""
    from kfinfra.app.sandbox import sandbox_down

    ran = sandbox_down(workplace(ctx).root)
    click.echo("The sandbox is stopped." if ran else "The sandbox was not running.", err=True)
    return 0


@command.command(name="reset")
@click.pass_context
def reset(ctx: click.Context) -> int:
    """Stop it, forget all it held, start it anew."""
    from kfinfra.app.sandbox import sandbox_reset

    _show(sandbox_reset(workplace(ctx).root))
    return 0
