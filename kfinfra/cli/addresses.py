"""Addresses as arguments: a shell completes them from the state and from the configuration."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from kfinfra.diag import DiagnosticError

if TYPE_CHECKING:
    _Param = click.ParamType[str]
else:
    _Param = click.ParamType  # before click 8.2 it takes no parameter


class AddressType(_Param):
    """A resource's address, as it is written. `declared`: also what the configuration declares and state does not know."""

    name = "address"

    def __init__(self, declared: bool = False) -> None:
        self._declared = declared

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
        """The addresses that begin so; none where configuration or state cannot be read."""
        root = ctx.find_root().params
        try:
            return [CompletionItem(a) for a in self._known(root) if a.startswith(incomplete)]
        except (DiagnosticError, OSError):
            return []  # a shell that completes has nobody to tell it to; the command itself will say it

    def _known(self, root: dict[str, object]) -> Iterable[str]:
        from kfinfra.app.inspect import dependency_graph, read_state
        from kfinfra.app.options import Workplace

        work = Workplace(Path(str(root.get("directory") or ".")), dict(os.environ), bool(root.get("sandbox")))
        state = read_state(work)
        found = {str(address) for address in state.resources} if state is not None else set()
        if self._declared:
            found |= {block for block in dependency_graph(work) if not block.startswith("data.")}
        return sorted(found)


ADDRESS, DECLARED = AddressType(), AddressType(declared=True)
