"""What several commands share: the workplace, options of planning, how diagnostics and plans are shown."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from kfinfra.app.options import PlanOptions, Workplace
from kfinfra.cli.addresses import ADDRESS, DECLARED
from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.durations import seconds
from kfinfra.plan.change import Mode

if TYPE_CHECKING:
    from kfinfra.app.session import Session
    from kfinfra.plan.change import Plan
    from kfinfra.views.audience import Audience
    from kfinfra.views.events_json import JsonEvents
    from kfinfra.views.tracking import Tracking

ORDER = "kfinfra.order"
SHOW_CURSOR = b"\x1b[?25h\n"


def workplace(ctx: click.Context) -> Workplace:
    """Where the command works. Raises DiagnosticError where the folder does not exist."""
    root = Path(ctx.obj["directory"])
    if not root.is_dir():
        raise DiagnosticError(error("No such folder", f"{root} is not a folder.", hint="check the -C option"))
    return Workplace(root, dict(os.environ), ctx.obj["sandbox"])


def colored(ctx: click.Context, stream: Any) -> bool:
    """Whether to write colours to `stream`."""
    return bool(stream.isatty()) and not ctx.obj["no_color"] and "NO_COLOR" not in os.environ


def hooks(ctx: click.Context) -> Tracking:
    """Where progress goes: a live region on a terminal, plain lines elsewhere, nowhere with --quiet. Ends with the command."""
    from kfinfra.views.progress import PlainProgress
    from kfinfra.views.tracking import Tracking

    made = Tracking() if ctx.obj["quiet"] else PlainProgress(sys.stderr)
    if not ctx.obj["quiet"] and lively(ctx):
        from kfinfra.views.live import LiveProgress

        made = LiveProgress(sys.stderr)
    ctx.call_on_close(made.close)
    return made


def room(stream: Any) -> int | None:
    """The columns of the terminal that `stream` writes to; None where it is none."""
    import shutil

    return shutil.get_terminal_size().columns if stream.isatty() else None


def lively(ctx: click.Context) -> bool:
    """Whether a live region can be drawn on stderr, and may be."""
    plain = os.environ.get("KFINFRA_IN_AUTOMATION") or os.environ.get("TERM", "dumb") == "dumb"
    return colored(ctx, sys.stderr) and not plain and not ctx.obj["verbose"] and sys.stderr.encoding.lower().startswith("utf")


def json_wanted(ctx: click.Context, flag: bool) -> bool:
    """Whether the answer is JSON: the command's -json or the global --json, which mean the same."""
    return flag or bool(ctx.obj.get("json"))


@contextmanager
def audience(ctx: click.Context, as_json: bool) -> Iterator[Audience]:
    """Who the command speaks to. With JSON a DiagnosticError is told as messages too, and ends the command with 1."""
    if not as_json:
        from kfinfra.views.audience import Reader

        yield Reader(hooks(ctx), sys.stdout, sys.stderr, lambda stream: colored(ctx, stream), width, ctx.obj["compact"])
        return
    from kfinfra.views.audience import Machine
    from kfinfra.views.events_json import JsonEvents

    events = JsonEvents(lambda line: print(line, flush=True))
    ctx.call_on_close(events.close)
    events.version()
    with json_failures(events):
        yield Machine(events)


def made_plan(session: Session, told: Audience) -> Plan:
    """The plan; of one that fails, what was planned all the same is told, and then what is wrong. Raises DiagnosticError."""
    from kfinfra.engine.planner import PlanFailed

    try:
        return session.plan()
    except PlanFailed as problem:
        told.plan(problem.plan)
        raise


@contextmanager
def json_failures(events: JsonEvents | None = None) -> Iterator[None]:
    """What fails inside is told on stdout as Terraform's diagnostic messages, and ends the command with 1."""
    try:
        yield
    except DiagnosticError as problem:
        from kfinfra.views.events_json import JsonEvents

        (events or JsonEvents(print)).diagnostics(problem.diagnostics)
        raise click.exceptions.Exit(1) from problem


def print_json(ctx: click.Context, flag: bool, document: Callable[[], object], indent: int | None = None) -> bool:
    """Prints `document()` as JSON if that is wanted; whether it was. Failures are JSON too."""
    if json_wanted(ctx, flag):
        with json_failures():
            print(json.dumps(document(), indent=indent, ensure_ascii=False, separators=None if indent else (",", ":")))
    return json_wanted(ctx, flag)


def width() -> int:
    """How wide diagnostics may be."""
    return min(shutil.get_terminal_size().columns, 120)


def show_diagnostics(found: Iterable[Diagnostic], color: bool = True) -> None:
    """Diagnostics on stderr."""
    from kfinfra.views.diagnostic import render_diagnostics

    tinted = color and sys.stderr.isatty() and "NO_COLOR" not in os.environ
    within = click.get_current_context(silent=True)
    compact = within is not None and within.obj is not None and within.obj["compact"]
    sys.stderr.write(render_diagnostics(found, color=tinted, width=width(), compact=compact))


VARIABLES = (
    click.option("--var", "var", multiple=True, metavar="NAME=VALUE", help="A variable's value."),
    click.option("--var-file", multiple=True, metavar="FILE", help="A file of values."),
)
INPUT = click.option("--input/--no-input", "may_ask", default=True, help="Ask for variables without a value, on a terminal.")
TARGET = click.option("--target", multiple=True, metavar="ADDRESS", type=DECLARED, help="Only this and what it depends on.")
SCOPE = (
    TARGET,
    click.option("--replace", multiple=True, metavar="ADDRESS", type=ADDRESS, help="Replace this, whatever the plan says."),
    click.option("--refresh/--no-refresh", default=True, help="Look at the real world first."),
    click.option("--refresh-only", is_flag=True, help="Only take over what changed outside."),
)
PARALLELISM = click.option("--parallelism", type=click.IntRange(1, 256), default=10, help="Operations at once.")
LOCK_TIMEOUT = click.option("--lock-timeout", default="0s", metavar="DURATION", help="How long to wait for the lock.")
LOCK = (click.option("--lock/--no-lock", default=True, help="Hold the state's lock."), LOCK_TIMEOUT)


def planning(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that plan, apply, refresh and destroy share."""
    return _with((*VARIABLES, INPUT, *SCOPE, PARALLELISM, *LOCK), function)


def settings_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of commands that change state and ask servers, but plan nothing."""
    return _with((*VARIABLES, INPUT, PARALLELISM, *LOCK), function)


def with_options(options: Sequence[Callable[..., Any]]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A decorator that adds these options."""
    return lambda function: _with(options, function)


def _with(options: Sequence[Callable[..., Any]], function: Callable[..., Any]) -> Callable[..., Any]:
    for option in reversed(options):
        function = option(function)
    return function


def plan_options(mode: Mode, given: dict[str, Any]) -> PlanOptions:
    """The options of planning from a command's parameters; what it does not take is as if it were not given.

    Raises click.UsageError.
    """
    given = {"may_ask": True, "refresh_only": False, "refresh": True, "target": (), "replace": (), **given}
    if given["refresh_only"]:
        if mode is not Mode.NORMAL or not given["refresh"]:
            raise click.UsageError("-refresh-only excludes -destroy and -refresh=false")
        mode = Mode.REFRESH_ONLY
    timeout = lock_timeout(given["lock_timeout"])
    return PlanOptions(
        mode,
        tuple(var_inputs(given["var"], given["var_file"])),
        given["target"],
        given["replace"],
        given["refresh"],
        given["parallelism"],
        given["lock"],
        timeout,
        ask_for if given["may_ask"] and _somebody_there() else None,
    )


class WithVariables(click.Command):
    """A command that takes -var and -var-file: it keeps in which order they were written, since the last one wins."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Click's own, after a look at the order."""
        _, _, order = self.make_parser(ctx).parse_args(args=list(args))
        ctx.meta[ORDER] = [parameter.name for parameter in order if parameter.name in ("var", "var_file")]
        return super().parse_args(ctx, args)


def var_inputs(values: Iterable[str], files: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What -var and -var-file gave, in the order of the command line."""
    queues = {"var": iter(values), "var_file": iter(files)}
    for name in click.get_current_context().meta[ORDER]:
        yield ("var" if name == "var" else "file"), next(queues[name])


def _somebody_there() -> bool:
    asking = os.environ.get("KFINFRA_INPUT", "").lower() not in ("0", "false")
    return asking and sys.stdin.isatty() and sys.stderr.isatty()


def ask_for(name: str, description: str, secret: bool) -> str:
    """A variable's value from the terminal; what is typed for a secret is not shown. Raises DiagnosticError at its end."""
    about = "".join(f"  {line}\n" for line in description.split("\n")) if description else ""
    sys.stderr.write(f"var.{name}\n{about}\n  Enter a value: ")
    sys.stderr.flush()
    try:
        if secret:
            from getpass import getpass

            return getpass("", sys.stderr)
        typed = sys.stdin.readline()
    except EOFError:
        typed = ""
    sys.stderr.write("\n")
    if not typed:
        detail = f'The input ended before a value was given for the variable "{name}".'
        raise DiagnosticError(error("No value for required variable", detail, hint=f"use -var '{name}=…' or a var file"))
    return typed.rstrip("\n")


def lock_timeout(text: str) -> float:
    """The seconds of -lock-timeout. Raises click.UsageError."""
    try:
        return seconds(text)
    except ValueError as problem:
        raise click.UsageError(f"-lock-timeout: {problem}") from problem


def confirmed(
    question: str, auto_approve: bool, as_json: bool = False, flag: str = "-auto-approve", *, may_ask: bool = True
) -> bool:
    """Whether the user says yes; `flag` says it beforehand. Raises DiagnosticError where nobody can be asked."""
    if auto_approve:
        return True
    if as_json:
        raise DiagnosticError(
            error(
                "Plan file or auto-approve required", "Nobody can be asked with -json.", hint="use -auto-approve, or a saved plan"
            )
        )
    if not may_ask or not sys.stdin.isatty():
        why = "standard input is no terminal" if may_ask else "-input=false says that nothing may be asked"
        raise DiagnosticError(error("Nobody to ask", f"This would change things, and {why}.", hint=f"use {flag}"))
    sys.stderr.write(f"\n{question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == "yes"


@contextmanager
def stopping(told: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that the first Ctrl-C sets, and tells of; the second one ends the process at once (the journal covers it).

    SIGTERM is as Ctrl-C, as terraform has it: what a CI job that is cancelled is sent.
    """
    stop = threading.Event()

    def interrupted(number: int, frame: object) -> None:
        if stop.is_set():
            if os.isatty(2):
                os.write(2, SHOW_CURSOR)
            os._exit(130)
        stop.set()
        told()

    before = {number: signal.signal(number, interrupted) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
