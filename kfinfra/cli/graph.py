"""kfinfra graph."""

from __future__ import annotations

import click

from kfinfra.cli.answers import print_json
from kfinfra.cli.place import workplace

FORMATS = ("dot", "mermaid", "svg")


@click.command(name="graph")
@click.option("--json", "as_json", is_flag=True, help="Each resource with what it depends on, as JSON.")
@click.option("--format", "drawing", type=click.Choice(FORMATS), default="dot", help="For Graphviz, Markdown or a browser.")
@click.pass_context
def command(ctx: click.Context, as_json: bool, drawing: str) -> int:
    """The dependency graph: an arrow leads to what is depended on."""
    from kfinfra.app.inspect import dependency_graph
    from kfinfra.views.graph import graph_dot, graph_json, graph_mermaid
    from kfinfra.views.graph_svg import graph_svg

    if not print_json(ctx, as_json, lambda: graph_json(dependency_graph(workplace(ctx)))):
        draw = {"dot": graph_dot, "mermaid": graph_mermaid, "svg": graph_svg}[drawing]
        click.echo(draw(dependency_graph(workplace(ctx))), nl=False)
    return 0
