"""kfinfra plan."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kfinfra.cli.answers import audience, json_wanted, made_plan
from kfinfra.cli.options import WithVariables, plan_options, planning
from kfinfra.cli.place import workplace
from kfinfra.plan.change import Mode

if TYPE_CHECKING:
    from kfinfra.app.options import PlanOptions
    from kfinfra.views.audience import Audience


@click.command(name="plan", cls=WithVariables)
@planning
@click.option("--destroy", is_flag=True, help="Plan to destroy everything.")
@click.option("--out", metavar="FILE", help="Save the plan for apply.")
@click.option("--generate-config-out", metavar="FILE", help="Write blocks for imports that nothing declares.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 when there are changes.")
@click.option("--json", "as_json", is_flag=True, help="Terraform's JSON lines.")
@click.pass_context
def command(
    ctx: click.Context,
    /,
    destroy: bool,
    out: str | None,
    generate_config_out: str | None,
    detailed_exitcode: bool,
    as_json: bool,
    **given: Any,
) -> int:
    """Show what apply would do."""
    from kfinfra.app.session import open_session

    options = plan_options(Mode.DESTROY if destroy else Mode.NORMAL, given)
    if generate_config_out is not None and options.mode is not Mode.NORMAL:
        raise click.UsageError("-generate-config-out excludes -destroy and -refresh-only")
    with audience(ctx, json_wanted(ctx, as_json)) as told:
        if generate_config_out is not None:
            write_blocks(ctx, options, told, Path(generate_config_out))
        with open_session(workplace(ctx), options, told.hooks, "plan") as session:
            told.known(session.state)
            plan = made_plan(session, told)
            told.plan(plan)
            if out is not None:
                session.save_plan(plan, Path(out))
                told.saved(out)
    return 2 if detailed_exitcode and plan.has_changes else 0


def write_blocks(ctx: click.Context, options: PlanOptions, told: Audience, path: Path) -> None:
    """Writes what imports lack into `path`, so that the plan that follows finds it."""
    from kfinfra.app.generating import check_target, generate
    from kfinfra.app.session import open_session

    work = workplace(ctx)
    path = work.root / path
    check_target(work.root, path)
    with open_session(work, options, told.hooks, "plan") as session:
        count = generate(session, path)
    if count:
        print(f"Wrote {count} block{'' if count == 1 else 's'} to {path}: look them over before you apply.", file=sys.stderr)
