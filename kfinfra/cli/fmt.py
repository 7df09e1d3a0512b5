"""kfinfra fmt."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import show_diagnostics
from kfinfra.diag import Diagnostic, DiagnosticError, utf8

if TYPE_CHECKING:
    from kfinfra.app.formatting import Formatted

SYNTAX, DIFFERENT = 2, 3
_SWITCHES = ("--check", "--diff", "--list", "--recursive", "--write")


class _GoSwitches(click.Command):
    """Takes a switch as Go's flag package does: `-list=false`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parses with `--x=false` as `--no-x`."""
        return super().parse_args(ctx, [_switch(arg) for arg in args])


def _switch(arg: str) -> str:
    name, _, value = arg.partition("=")
    known = {"true": name, "false": "--no-" + name[2:]}
    return known.get(value, arg) if name in _SWITCHES else arg


@click.command(name="fmt", cls=_GoSwitches)
@click.argument("paths", nargs=-1, type=click.Path(allow_dash=True), metavar="[PATH]...")
@click.option("--check/--no-check", help="Write nothing; exit with 3 where a file would change.")
@click.option("--diff/--no-diff", help="Show what changes.")
@click.option("--list/--no-list", "listing", default=True, help="Name the files that change.", show_default=True)
@click.option("--recursive/--no-recursive", help="Folders within folders too.")
@click.option("--write/--no-write", "writing", default=True, help="Write the files.", show_default=True)
@click.pass_context
def command(
    ctx: click.Context, paths: tuple[str, ...], check: bool, diff: bool, listing: bool, recursive: bool, writing: bool
) -> int:
    """Lay out .hcl and .kfvars files the canonical way.

    PATH is a file or a folder, by default the working folder; a single - formats standard input. A file with a syntax error
    is left as it is, and the exit code is 2.
    """
    from kfinfra.app.formatting import format_files

    if "-" in paths and len(paths) > 1:
        raise click.UsageError("- (standard input) stands alone")
    stdin = paths == ("-",)
    root = workplace(ctx).root
    found: list[Diagnostic] = []
    results = _stdin(found) if stdin else format_files(root, paths or (".",), recursive, found)
    listing, writing = listing and not stdin, writing and not stdin and not check
    different = False
    for result in results:
        different |= result.changed
        if result.changed:
            _report(result, listing, diff)
            _write(root, result, writing, found)
        if not (check or diff or listing or writing):
            _print(result.after)
    show_diagnostics(found, not ctx.obj["no_color"])
    return SYNTAX if found else DIFFERENT if check and different else 0


def _stdin(found: list[Diagnostic]) -> Iterator[Formatted]:
    from kfinfra.app.formatting import format_text

    try:
        yield format_text("<stdin>", utf8(sys.stdin.buffer.read(), "<stdin>"))
    except DiagnosticError as problem:
        found.extend(problem.diagnostics)


def _report(result: Formatted, listing: bool, diff: bool) -> None:
    if listing:
        print(result.name)
    if diff:
        _print(result.diff())


def _write(root: Path, result: Formatted, writing: bool, found: list[Diagnostic]) -> None:
    from kfinfra.app.formatting import write

    try:
        if writing:
            write(root, result)
    except DiagnosticError as problem:
        found.extend(problem.diagnostics)


def _print(text: str) -> None:
    """The text as UTF-8, line ends as they are; a last line without one gets one, as terraform's."""
    sys.stdout.flush()
    sys.stdout.buffer.write((text if text.endswith("\n") else text + "\n").encode())
    sys.stdout.buffer.flush()
