"""What several commands share: the workplace, options of planning, how diagnostics and plans are shown."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from kfinfra.app.options import PlanOptions, Workplace
from kfinfra.config.durations import seconds
from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.result import ApplyResult
from kfinfra.plan.change import Mode


def workplace(ctx: click.Context) -> Workplace:
    """Where the command works. Raises DiagnosticError where the folder does not exist."""
    root = Path(ctx.obj["directory"])
    if not root.is_dir():
        raise DiagnosticError(error("No such folder", f"{root} is not a folder.", hint="check the -C option"))
    return Workplace(root, dict(os.environ), ctx.obj["sandbox"])


def colored(ctx: click.Context, stream: Any) -> bool:
    """Whether to write colours to `stream`."""
    return bool(stream.isatty()) and not ctx.obj["no_color"] and "NO_COLOR" not in os.environ


def hooks(ctx: click.Context) -> Hooks:
    """Where progress goes."""
    from kfinfra.views.progress import PlainProgress

    return Hooks() if ctx.obj["quiet"] else PlainProgress()


def show_diagnostics(found: Iterable[Diagnostic], color: bool = True) -> None:
    """Diagnostics on stderr."""
    from kfinfra.views.diagnostic import render_diagnostic

    tinted = color and sys.stderr.isatty() and "NO_COLOR" not in os.environ
    for diagnostic in found:
        sys.stderr.write(render_diagnostic(diagnostic, color=tinted, width=min(shutil.get_terminal_size().columns, 120)))


def planning(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that plan, apply and destroy share."""
    for option in reversed(
        [
            click.option("--var", "var", multiple=True, metavar="NAME=VALUE", help="A variable's value."),
            click.option("--var-file", multiple=True, metavar="FILE", help="A file of values."),
            click.option("--target", multiple=True, metavar="ADDRESS", help="Only this and what it depends on."),
            click.option("--replace", multiple=True, metavar="ADDRESS", help="Replace this, whatever the plan says."),
            click.option("--refresh/--no-refresh", default=True, help="Look at the real world first."),
            click.option("--refresh-only", is_flag=True, help="Only take over what changed outside."),
            click.option("--parallelism", type=click.IntRange(1, 256), default=10, help="Operations at once."),
            click.option("--lock/--no-lock", default=True, help="Hold the state's lock."),
            click.option("--lock-timeout", default="0s", metavar="DURATION", help="How long to wait for the lock."),
        ]
    ):
        function = option(function)
    return function


def plan_options(mode: Mode, given: dict[str, Any]) -> PlanOptions:
    """The options of planning from a command's parameters. Var files come before -var values.

    Raises click.UsageError.
    """
    if given["refresh_only"]:
        if mode is not Mode.NORMAL or not given["refresh"]:
            raise click.UsageError("-refresh-only excludes -destroy and -refresh=false")
        mode = Mode.REFRESH_ONLY
    try:
        timeout = seconds(given["lock_timeout"])
    except ValueError as problem:
        raise click.UsageError(f"-lock-timeout: {problem}") from problem
    inputs = (*(("file", f) for f in given["var_file"]), *(("var", v) for v in given["var"]))
    return PlanOptions(
        mode, inputs, given["target"], given["replace"], given["refresh"], given["parallelism"], given["lock"], timeout
    )


def confirmed(question: str, auto_approve: bool) -> bool:
    """Whether the user says yes. Raises DiagnosticError where nobody can be asked."""
    if auto_approve:
        return True
    if not sys.stdin.isatty():
        raise DiagnosticError(
            error("Nobody to ask", "This would change things, and standard input is no terminal.", hint="use -auto-approve")
        )
    sys.stderr.write(f"\n{question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == "yes"


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets; the second one ends the process at once (the journal covers it)."""
    stop = threading.Event()

    def interrupted(number: int, frame: object) -> None:
        if stop.is_set():
            os._exit(130)
        stop.set()
        sys.stderr.write("\nInterrupted: finishing what runs. Once more stops at once.\n")

    before = signal.signal(signal.SIGINT, interrupted)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)


def report(result: ApplyResult, what: str) -> int:
    """Says what an apply has done; the exit code."""
    for found in result.failed.values():
        show_diagnostics(found)
    add, change, destroy = result.counts()
    if result.failed or result.interrupted:
        left = f", {len(result.skipped)} skipped" if result.skipped else ""
        print(f"{what} incomplete: {add} added, {change} changed, {destroy} destroyed, {len(result.failed)} failed{left}.")
        return 130 if result.interrupted else 1
    print(f"{what} complete! Resources: {add} added, {change} changed, {destroy} destroyed.")
    for name, output in sorted(result.outputs.items()):
        shown = "<sensitive>" if output.sensitive else json.dumps(output.value, ensure_ascii=False)
        print(f"{name} = {shown}")
    return 0
