"""Following a run: what `run -follow`, `runs show -follow` and `runs retry -follow` share."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from kfinfra.cli.answers import json_failures, json_wanted
from kfinfra.cli.place import workplace
from kfinfra.cli.stopping import stopping
from kfinfra.cli.terminal import colored, lively, room

INTERRUPTED, FAILED = 130, 1


def followed(ctx: click.Context, begin: Callable[[], str], as_json: bool = False) -> int:
    """Watches the run that `begin` starts or names (its id) to its end; 0 where it succeeded, 130 where the user stopped.

    Stopping ends the watching only: the run goes on.
    """
    if json_wanted(ctx, as_json):
        with json_failures():
            return _followed(ctx, begin, as_json=True)
    return _followed(ctx, begin, as_json=False)


def _followed(ctx: click.Context, begin: Callable[[], str], as_json: bool) -> int:
    import json

    from kfinfra.app.running import follow, opened
    from kfinfra.views.run_progress import LiveRun, PlainRun, RunView
    from kfinfra.views.run_text import render_run, run_json

    identifier = begin()
    view: RunView = LiveRun(sys.stderr) if lively(ctx) and not ctx.obj["quiet"] else PlainRun(sys.stderr)
    keep = True
    with opened(workplace(ctx)) as runs, stopping(lambda: None) as stop:
        try:
            run = follow(runs, identifier, (lambda _: None) if ctx.obj["quiet"] else view.seen, stop)
            keep = not (run.finished and sys.stdout.isatty()) or as_json
        finally:
            view.close(keep)
    if as_json:
        print(json.dumps(run_json(run), ensure_ascii=False, separators=(",", ":")))
    elif run.finished:
        sys.stdout.write(render_run(run, time.time(), colored(ctx, sys.stdout), room(sys.stdout)))
    if not run.finished:
        click.echo(f'The run "{run.name}" goes on. Watch it: kfinfra runs show -follow {run.id}', err=True)
        return INTERRUPTED
    return 0 if run.succeeded else FAILED
