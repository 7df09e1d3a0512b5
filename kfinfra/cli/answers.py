"""Whom a command answers to: a reader, or a program that reads JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from kfinfra.cli.terminal import colored, hooks, width
from kfinfra.diag import DiagnosticError

if TYPE_CHECKING:
    from kfinfra.app.session import Session
    from kfinfra.plan.change import Plan
    from kfinfra.views.audience import Audience
    from kfinfra.views.events_json import JsonEvents


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


def made_plan(session: Session, told: Audience) -> Plan:
    """The plan; of one that fails, what was planned all the same is told, and then what is wrong. Raises DiagnosticError."""
    from kfinfra.engine.planner import PlanFailed

    try:
        return session.plan()
    except PlanFailed as problem:
        told.plan(problem.plan)
        raise
