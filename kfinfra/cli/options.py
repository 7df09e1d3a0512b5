"""The options that commands share: variables, what is planned, locks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import click

from kfinfra.app.options import PlanOptions
from kfinfra.cli.addresses import ADDRESS, DECLARED
from kfinfra.cli.asking import ask_for, somebody_there
from kfinfra.model.durations import seconds
from kfinfra.plan.change import Mode

ORDER = "kfinfra.order"
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
        ask_for if given["may_ask"] and somebody_there() else None,
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


def lock_timeout(text: str) -> float:
    """The seconds of -lock-timeout. Raises click.UsageError."""
    try:
        return seconds(text)
    except ValueError as problem:
        raise click.UsageError(f"-lock-timeout: {problem}") from problem
