"""How a command writes to a terminal: colours, columns, progress, diagnostics."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from kfinfra.diag import Diagnostic

if TYPE_CHECKING:
    from kfinfra.views.tracking import Tracking


def colored(ctx: click.Context, stream: Any) -> bool:
    """Whether to write colours to `stream`."""
    return bool(stream.isatty()) and not ctx.obj["no_color"] and "NO_COLOR" not in os.environ


def room(stream: Any) -> int | None:
    """The columns of the terminal that `stream` writes to; None where it is none."""
    return shutil.get_terminal_size().columns if stream.isatty() else None


def lively(ctx: click.Context) -> bool:
    """Whether a live region can be drawn on stderr, and may be."""
    plain = os.environ.get("KFINFRA_IN_AUTOMATION") or os.environ.get("TERM", "dumb") == "dumb"
    return colored(ctx, sys.stderr) and not plain and not ctx.obj["verbose"] and sys.stderr.encoding.lower().startswith("utf")


def width() -> int:
    """How wide diagnostics may be."""
    return min(shutil.get_terminal_size().columns, 120)


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


def show_diagnostics(found: Iterable[Diagnostic], color: bool = True) -> None:
    """Diagnostics on stderr."""
    from kfinfra.views.diagnostic import render_diagnostics

    tinted = color and sys.stderr.isatty() and "NO_COLOR" not in os.environ
    within = click.get_current_context(silent=True)
    compact = within is not None and within.obj is not None and within.obj["compact"]
    sys.stderr.write(render_diagnostics(found, color=tinted, width=width(), compact=compact))
