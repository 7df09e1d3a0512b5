"""kfinfra import."""

from __future__ import annotations

import sys
from typing import Any

import click

from kfinfra.cli.addresses import DECLARED
from kfinfra.cli.options import WithVariables, plan_options, settings_of
from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import hooks, show_diagnostics
from kfinfra.plan.change import Mode


@click.command(name="import", cls=WithVariables)
@settings_of
@click.argument("address", type=DECLARED)
@click.argument("identifier", metavar="ID")
@click.pass_context
def command(ctx: click.Context, /, address: str, identifier: str, **given: Any) -> int:
    """Take over an object that exists, for a resource that the configuration declares.

    ID is what identifies the object: CLUSTER/NAME, NAMESPACE/NAME, or NAME. Nothing of the object is changed but its mark. An
    import block does the same through a plan.
    """
    from kfinfra.app.session import open_session
    from kfinfra.app.surgery import imported, wanted_import

    options = plan_options(Mode.NORMAL, {**given, "target": (address,)})
    with open_session(workplace(ctx), options, hooks(ctx), "import") as session:
        target = wanted_import(session, address, identifier)
        session.importing = (target,)
        result, differs = imported(session, target)
        for found in result.failed.values():
            show_diagnostics(found, not ctx.obj["no_color"])
    if result.failed:
        return 1
    print(f"Import successful! {address} is in state now.", file=sys.stderr)
    if differs:
        print("It is not as the configuration has it: kfinfra plan shows what apply would change.", file=sys.stderr)
    return 0
