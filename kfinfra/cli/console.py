"""kfinfra console."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator

import click

from kfinfra.cli.options import WithVariables, var_inputs
from kfinfra.cli.place import workplace
from kfinfra.cli.terminal import show_diagnostics
from kfinfra.diag import DiagnosticError, utf8

HELP = """\
Type an expression to see its value: var.NAME, local.NAME, TYPE.NAME.ATTRIBUTE as the state has it, a function's call.
It goes on over several lines while a bracket is open. type(…) gives a value's type; exit, or Ctrl-D, leaves."""


@click.command(name="console", cls=WithVariables)
@click.option("--var", "var", multiple=True, metavar="NAME=VALUE", help="A variable's value.")
@click.option("--var-file", multiple=True, type=click.Path(), metavar="FILE", help="A file of values.")
@click.pass_context
def command(ctx: click.Context, var: tuple[str, ...], var_file: tuple[str, ...]) -> int:
    """Evaluate expressions against the configuration and the state.

    Without a terminal it reads an expression a line and prints the value of the last one; the first error ends it with
    exit code 1.
    """
    from kfinfra.app.evaluating import open_console

    work = workplace(ctx)
    console = open_console(work, list(var_inputs(var, var_file)))
    show_diagnostics(console.warnings, not ctx.obj["no_color"])
    if sys.stdin.isatty():
        from kfinfra.cli.prompt import reader

        _converse(reader(work.root, console.names()), console.answer, not ctx.obj["no_color"])
        return 0
    last = None
    for expression in _expressions(_piped()):
        if expression == "exit":
            return 0
        last = _answer(expression, console.answer)
    if last is not None:
        print(last)
    return 0


def _piped() -> list[str]:
    """Standard input's lines. Raises DiagnosticError where it is not UTF-8."""
    return [f"{line}\n" for line in utf8(sys.stdin.buffer.read(), "<stdin>").split("\n")]


def _answer(expression: str, answer: Callable[[str], str]) -> str:
    return HELP if expression == "help" else answer(expression)


def _expressions(lines: Iterable[str]) -> Iterator[str]:
    """Each expression: a line, and those behind it while a bracket is open. Blank lines between expressions are none."""
    from kfinfra.app.evaluating import unfinished

    held = ""
    for line in lines:
        held += line
        if held.strip() and not unfinished(held):
            yield held.strip()
            held = ""
    if held.strip():
        yield held.strip()


def _converse(lines: Iterable[str], answer: Callable[[str], str], color: bool) -> None:
    """Answers until `exit` or the end of the input; an error ends nothing."""
    for expression in _expressions(lines):
        if expression == "exit":
            return
        try:
            print(_answer(expression, answer))
        except DiagnosticError as problem:
            show_diagnostics(problem.diagnostics, color)
