"""console: expressions in the root module's scope, as the state has it. Nothing is locked, changed or asked of a server."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from kfinfra.app import wiring
from kfinfra.app.options import Workplace
from kfinfra.app.reading import configuration
from kfinfra.config.configuration import Configuration
from kfinfra.diag import Diagnostic, SourceText
from kfinfra.hcl.format.tokens import unfinished
from kfinfra.hcl.nodes import Call
from kfinfra.hcl.parser import parse_expression
from kfinfra.state.document import State
from kfinfra.state.journal import fold
from kfinfra.values.convert import type_of
from kfinfra.values.render import render, render_type

__all__ = ["Console", "open_console", "unfinished"]
INPUT = "<console-input>"


class Console:
    """A root module whose names can be asked for."""

    def __init__(self, config: Configuration) -> None:
        self._config = config

    @property
    def warnings(self) -> Iterable[Diagnostic]:
        """What the configuration is warned of."""
        return self._config.warnings

    def answer(self, text: str) -> str:
        """The value of an expression as the console prints it; `type(x)` is its type. Raises DiagnosticError."""
        source = SourceText(INPUT, f"{text}\n" if "\n" in text else text)  # a heredoc's last line needs its end
        match expr := parse_expression(source):
            case Call(name="type", args=(asked,), expand=False):
                return render_type(type_of(self._config.evaluation.typed(asked, source)))
            case _:
                return render(self._config.evaluation.typed(expr, source))

    def names(self) -> tuple[str, ...]:
        """All that an expression may begin with, sorted: variables, locals, resources with their attributes, functions."""
        module, types = self._config.module, self._config.types
        names = {"path.module", "path.root", "path.cwd", "kfinfra.workspace", "true", "false", "null", "type("}
        names |= {f"var.{name}" for name in module.variables} | {f"local.{name}" for name in module.locals}
        names |= {f"{function}(" for function in self._config.evaluation.functions}
        for kind, name in module.resources:
            names |= {f"{kind}.{name}", *(f"{kind}.{name}.{attribute}" for attribute in types[kind].attributes)}
        for call, child in self._config.tree.children.items():
            names |= {f"module.{call}", *(f"module.{call}.{output}" for output in child.module.outputs)}
        return tuple(sorted(names))


def open_console(work: Workplace, var_inputs: Iterable[tuple[str, str]] = ()) -> Console:
    """The console of a folder. A variable without a value is unknown, and so is a resource that was not made yet.

    Raises DiagnosticError where the configuration or the state cannot be read.
    """
    config = configuration(work, var_inputs)
    config.evaluation.common.clock.now = _now
    store = wiring.store(work, config.settings)
    state = store.read()
    if state is not None:
        _settle(config, fold(state, store.read_journal())[0])
    return Console(config)


def _now() -> datetime:
    return datetime.fromtimestamp(wiring.SystemClock().now(), UTC)


def _settle(config: Configuration, state: State) -> None:
    """Makes the recorded resources what their names give; how a block repeats is told by the block."""
    for resource in state.resources.values():
        if resource.address.deposed:
            continue
        how = config.repeats(resource.address)
        if how is not None:
            config.restore(resource.resource(), how)
