"""kfinfra graph."""

from __future__ import annotations

import click

from kfinfra.cli.common import print_json, workplace


@click.command(name="graph")
@click.option("--json", "as_json", is_flag=True, help="Each resource with what it depends on, as JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> int:
    """The dependency graph, for dot."""
    from kfinfra.app.inspect import dependency_graph
    from kfinfra.views.graph import graph_dot, graph_json

    if not print_json(ctx, as_json, lambda: graph_json(dependency_graph(workplace(ctx)))):
        click.echo(graph_dot(dependency_graph(workplace(ctx))), nl=False)
    return 0
