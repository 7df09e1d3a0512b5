"""Workspaces: several states of one configuration. Which one is current is kept in the working folder, or said by a variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from kfinfra.app.options import Workplace
from kfinfra.diag import DiagnosticError, did_you_mean, error

if TYPE_CHECKING:
    from kfinfra.state.document import State
    from kfinfra.state.store import Workspaces

DEFAULT = "default"
VARIABLE = "KFINFRA_WORKSPACE"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,90}")


def current(work: Workplace) -> str:
    """The workspace that commands work in: KFINFRA_WORKSPACE, else the selected one, else `default`. Raises DiagnosticError."""
    if given := work.env.get(VARIABLE):
        _check_name(given, f"{VARIABLE} is")
        return given
    kept = work.data_folder / "workspace"
    try:
        name = kept.read_text().strip()
    except FileNotFoundError:
        return DEFAULT
    except OSError as problem:
        raise DiagnosticError(error("Cannot read the selected workspace", f"{kept}: {problem.strerror or problem}.")) from problem
    _check_name(name, f"{kept} holds")
    return name


def _check_name(name: str, what: str) -> None:
    if not _NAME.fullmatch(name) or set(name) == {"."}:
        detail = f'{what} "{name}": a name is 1 to 90 letters, digits, "-", "_" and ".".'
        raise DiagnosticError(error("Invalid workspace name", detail, hint="choose another name"))


def _keep(work: Workplace, name: str) -> None:
    path = work.data_folder / "workspace"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name("workspace.new")
        fresh.write_text(f"{name}\n")
        fresh.replace(path)
    except OSError as problem:
        raise DiagnosticError(error("Cannot keep the selected workspace", f"{path}: {problem.strerror or problem}.")) from problem


def listed(work: Workplace, every: Workspaces) -> Mapping[str, bool]:
    """All workspaces by name, `default` always among them, and which one is current."""
    here = current(work)
    return {name: name == here for name in sorted({DEFAULT, *every.names()})}


def create(work: Workplace, every: Workspaces, name: str, state: State, timeout: float) -> None:
    """Makes a workspace whose state is `state`, and selects it. Raises DiagnosticError."""
    _free(work)
    _check_name(name, "The name is")
    if name in listed(work, every):
        hint = f"kfinfra workspace select {name}"
        raise DiagnosticError(error("Workspace exists already", f'There is a workspace "{name}" already.', hint=hint))
    store = every.store(name)
    with store.lock("workspace new", timeout):
        if store.read() is None:
            store.write(state)
    _keep(work, name)


def select(work: Workplace, every: Workspaces, name: str) -> bool:
    """Makes a workspace the current one; False where there is none of that name. Raises DiagnosticError."""
    _free(work)
    _check_name(name, "The name is")
    if name not in listed(work, every):
        return False
    _keep(work, name)
    return True


def missing(work: Workplace, every: Workspaces, name: str) -> DiagnosticError:
    """The error for a workspace that does not exist."""
    detail = f'There is no workspace "{name}".{did_you_mean(name, listed(work, every))}'
    hint = f"kfinfra workspace new {name}, or kfinfra workspace select -or-create {name}"
    return DiagnosticError(error("Workspace does not exist", detail, hint=hint))


def delete(work: Workplace, every: Workspaces, name: str, force: bool, timeout: float) -> int:
    """Deletes a workspace with its state; the number of objects that nobody manages any more. Raises DiagnosticError."""
    _free(work)
    _check_name(name, "The name is")
    if name == DEFAULT:
        hint = "to take away what it manages: kfinfra destroy"
        raise DiagnosticError(error("Workspace cannot be deleted", "The workspace default is always there.", hint=hint))
    from kfinfra.state.journal import fold

    if name not in listed(work, every):
        raise missing(work, every, name)
    if name == current(work):
        hint = "select another one first: kfinfra workspace select default"
        raise DiagnosticError(error("Workspace is in use", f'"{name}" is the current workspace.', hint=hint))
    store = every.store(name)
    with store.lock("workspace delete", timeout):
        state = store.read()
        held: list[str] = []
        if state is not None:
            folded, still_open = fold(state, store.read_journal())
            held = sorted({*map(str, folded.resources), *(str(i.address) for i in still_open)})
        if held and not force:
            more = f" and {len(held) - 5} more" if len(held) > 5 else ""
            detail = f'"{name}" still manages {", ".join(held[:5])}{more}: without its state nobody would.'
            hint = "destroy them first (kfinfra workspace select, kfinfra destroy), or leave them behind with -force"
            raise DiagnosticError(error("Workspace is not empty", detail, hint=hint))
        every.remove(name)
    return len(held)


def _free(work: Workplace) -> None:
    if work.env.get(VARIABLE):
        detail = f"The workspace is given by {VARIABLE}, so it cannot be changed here."
        raise DiagnosticError(error("Workspace is given by the environment", detail, hint=f"unset {VARIABLE}"))
