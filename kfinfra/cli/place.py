"""Where a command works."""

from __future__ import annotations

import os
from pathlib import Path

import click

from kfinfra.app.options import Workplace
from kfinfra.diag import DiagnosticError, error


def workplace(ctx: click.Context) -> Workplace:
    """Where the command works. Raises DiagnosticError where the folder does not exist."""
    root = Path(ctx.obj["directory"])
    if not root.is_dir():
        raise DiagnosticError(error("No such folder", f"{root} is not a folder.", hint="check the -C option"))
    return Workplace(root, dict(os.environ), ctx.obj["sandbox"])
