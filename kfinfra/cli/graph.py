"""kfinfra graph."""

from __future__ import annotations

import click

from kfinfra.cli.common import workplace


@click.command(name="graph")
@click.pass_context
def command(ctx: click.Context) -> int:
    """The dependency graph, for dot."""
    from kfinfra.app.inspect import dependency_graph

    print("digraph {\n  rankdir = RL")
    for node, wanted in sorted(dependency_graph(workplace(ctx)).items()):
        print(f'  "{node}"')
        for other in sorted(wanted):
            print(f'  "{node}" -> "{other}"')
    print("}")
    return 0
