"""Which backend a working folder uses: kept when the state is first used, so that another one does not go unnoticed.

A configuration that says another place than before does not mean that there is no state. So commands end until `init` was
told what to do: copy the states (-migrate-state), or use what is at the new place (-reconfigure).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace

from kfinfra.app.options import Workplace
from kfinfra.config.backends import BACKENDS, DEFAULT_STATE, Backend, is_reachable
from kfinfra.diag import DiagnosticError, counted, error
from kfinfra.model.plain import Attributes
from kfinfra.state.document import State
from kfinfra.state.journal import Intent, fold
from kfinfra.state.store import StateStore, Workspaces

FILE = "backend.json"
DEFAULT = "default"
MIGRATE, RECONFIGURE = "-migrate-state", "-reconfigure"


def ensure_unchanged(work: Workplace, backend: Backend) -> None:
    """Raises DiagnosticError where this folder's states lie at another place than the configuration says."""
    before = previous(work)
    if before is None or not is_reachable(backend) or _same(before, backend):
        return
    detail = f"The state has been in {shown(before)}, and the configuration says {shown(backend)}."
    hint = f"kfinfra init {MIGRATE} copies the state; kfinfra init {RECONFIGURE} uses what is at the new place"
    raise DiagnosticError(error("Backend has changed", detail, backend.span, hint=hint))


def previous(work: Workplace) -> Backend | None:
    """Where the folder's states lie so far, as far as is known; None where there are none. Raises DiagnosticError."""
    kept = _kept(work)
    found = kept or Backend("local", {"path": DEFAULT_STATE})
    return None if found.type == "local" and not _has_files(work, found) else found


def keep(work: Workplace, backend: Backend) -> None:
    """Keeps the backend, without what is secret. Raises DiagnosticError."""
    schema = BACKENDS[backend.type]
    attributes = {n: v for n, v in backend.attributes.items() if v is not None and not schema[n].sensitive}
    text = json.dumps({"version": 1, "type": backend.type, "attributes": attributes}, indent=1, sort_keys=True) + "\n"
    path = work.data_folder / FILE
    try:
        if path.exists() and path.read_text() == text:
            return
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = path.with_name(f"{FILE}.new")
        fresh.write_text(text)
        fresh.replace(path)
    except OSError as problem:
        raise DiagnosticError(error("Cannot keep the backend", f"{path}: {problem.strerror or problem}.")) from problem


def shown(backend: Backend) -> str:
    """The backend as a user would write it, on one line."""
    place = ", ".join(f"{n} = {json.dumps(v, ensure_ascii=False)}" for n, v in _place(backend).items())
    return f'backend "{backend.type}" {{ {place} }}'


def _kept(work: Workplace) -> Backend | None:
    path = work.data_folder / FILE
    try:
        found = json.loads(path.read_text())
        if found["version"] != 1 or found["type"] not in BACKENDS or not isinstance(found["attributes"], dict):
            raise ValueError("it is of another version of kfinfra")
        return Backend(found["type"], found["attributes"])
    except FileNotFoundError:
        return None
    except OSError as problem:
        raise DiagnosticError(error("Cannot read the backend", f"{path}: {problem.strerror or problem}.")) from problem
    except (ValueError, KeyError, TypeError) as problem:
        detail = f"{path} does not tell where the state has been: {problem}."
        raise DiagnosticError(
            error("Cannot read the backend", detail, hint="remove it if you know where the state is")
        ) from problem


def _has_files(work: Workplace, backend: Backend) -> bool:
    path = work.root / str(backend.attributes.get("path") or DEFAULT_STATE)
    return path.exists() or any(path.with_name(path.name + ".d").glob("*.kfstate"))


def _place(backend: Backend) -> Attributes:
    """What says where it is, without what is said anyway."""
    schema = BACKENDS[backend.type]
    return {n: v for n, v in backend.place.items() if v != schema[n].default or n == "path"}


def _same(one: Backend, other: Backend) -> bool:
    return one.type == other.type and _place(one) == _place(other)


@dataclass(frozen=True, slots=True)
class Copy:
    """A state that is to be copied, with what was open in its journal."""

    workspace: str
    state: State
    still_open: tuple[Intent, ...]
    target: StateStore


def migrate(old: Workspaces, new: Workspaces, timeout: float, may: Callable[[Sequence[Copy]], bool]) -> Sequence[Copy] | None:
    """Copies all states from one backend to another, both locked; what was copied, or None where `may` says no.

    The old ones stay as they are. A state at the new place is never overwritten. Raises DiagnosticError, before anything is
    written where two states are in each other's way.
    """
    with ExitStack() as locks:
        copies: list[Copy] = []
        for name in sorted({DEFAULT, *old.names()}):
            source, target = old.store(name), new.store(name)
            for store in (source, target):
                locks.enter_context(store.lock("init -migrate-state", timeout))
            found = _read(source)
            if found is None or _is_there(name, found, _read(target)):
                continue
            copies.append(Copy(name, *found, target))
        if copies and not may(copies):
            return None
        for copy in copies:
            copy.target.write(copy.state, copy.still_open)
            if _read(new.store(copy.workspace)) != (copy.state, copy.still_open):
                detail = f"The state of the workspace {copy.workspace} is read back differently than it was written."
                raise DiagnosticError(error("State was not copied", detail, hint="the old one is as it was, and still in use"))
        return copies


def _read(store: StateStore) -> tuple[State, tuple[Intent, ...]] | None:
    state = store.read()
    if state is None:
        return None
    folded, still_open = fold(state, store.read_journal())
    return folded.next_after(state), still_open


def _is_there(name: str, found: tuple[State, tuple[Intent, ...]], there: tuple[State, tuple[Intent, ...]] | None) -> bool:
    """Whether the new place has this state already, or a later one of the same origin. Raises DiagnosticError."""
    if there is None:
        return False
    (old, old_open), (new, new_open) = found, there
    if new.lineage == old.lineage:
        same = replace(new, serial=old.serial) == old and new_open == old_open
        if same or (new.serial > old.serial and not old_open):
            return True
    elif _is_empty(found) or _is_empty(there):
        return _is_empty(found)
    why = (
        f"they are of different origin ({old.lineage} and {new.lineage})"
        if new.lineage != old.lineage
        else f"the new one is older (serial {new.serial}, the old place has {old.serial})"
    )
    detail = f"Both places have a state of the workspace {name}, and {why}. Nothing was copied, and neither was changed."
    hint = f"{RECONFIGURE} uses the one at the new place; kfinfra state push -force FILE would then overwrite it with a copy"
    raise DiagnosticError(error("Both backends have a state", detail, hint=hint))


def _is_empty(found: tuple[State, tuple[Intent, ...]]) -> bool:
    return not found[0].resources and not found[0].outputs and not found[1]


def told(copies: Iterable[Copy]) -> str:
    """The copies in words."""
    return ", ".join(f"{c.workspace} ({counted(len(c.state.resources), 'object')}, serial {c.state.serial})" for c in copies)
