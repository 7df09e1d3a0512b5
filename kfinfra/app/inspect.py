"""Looking at what there is: state, outputs, a plan file, the dependency graph. Nothing is changed, no server is asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from kfinfra.app import wiring
from kfinfra.app.options import Workplace
from kfinfra.app.reading import configuration
from kfinfra.diag import DiagnosticError, error
from kfinfra.model.address import Target
from kfinfra.plan.change import Plan
from kfinfra.plan.file import decode_plan
from kfinfra.state.document import OutputState, State
from kfinfra.state.journal import fold
from kfinfra.state.sealing import PLAN, is_sealed
from kfinfra.state.store import StateStore, Workspaces


def state_store(work: Workplace) -> StateStore:
    """Where the folder's state lies. Raises DiagnosticError where the configuration cannot be read."""
    return wiring.store(work, configuration(work).settings)


def state_workspaces(work: Workplace) -> Workspaces:
    """The states of all workspaces. Raises DiagnosticError where the configuration cannot be read."""
    return wiring.workspaces(work, configuration(work).settings)


def read_state(work: Workplace) -> State | None:
    """The state with the journal's outcomes in it, or None where nothing was ever applied."""
    store = state_store(work)
    state = store.read()
    return fold(state, store.read_journal())[0] if state is not None else None


def read_outputs(work: Workplace) -> Mapping[str, OutputState]:
    """The outputs as the last apply left them; sensitive ones have no value in state."""
    state = read_state(work)
    return state.outputs if state is not None else {}


def targets(texts: Iterable[str]) -> tuple[Target, ...]:
    """The modules and resources that `texts` name. Raises DiagnosticError."""
    try:
        return tuple(map(Target.parse, texts))
    except ValueError as problem:
        raise DiagnosticError(error("Invalid address", f"{problem}.")) from problem


def read_plan(work: Workplace, path: Path, var_inputs: Iterable[tuple[str, str]] = ()) -> Plan:
    """A plan file's plan, to be shown; of an encrypted one the configuration tells the key. Raises DiagnosticError."""
    data = plan_bytes(path)
    if is_sealed(data):
        data = wiring.plan_sealer(work, configuration(work, var_inputs).settings).open(data, PLAN, str(path))
    return decode_plan(data, str(path))


def plan_bytes(path: Path) -> bytes:
    """What a plan file holds. Raises DiagnosticError."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise DiagnosticError(error("Cannot read the plan", f"{path}: {problem.strerror or problem}.")) from problem


def dependency_graph(work: Workplace) -> Mapping[str, frozenset[str]]:
    """Each resource block and the blocks it depends on."""
    edges = configuration(work).edges
    return {str(block): frozenset(map(str, wanted)) for block, wanted in edges.items()}
