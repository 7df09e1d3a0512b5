"""state mv, state rm and import: state changed by hand, with the marks on the objects that it speaks of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kfinfra.app.session import Session
from kfinfra.config.endpoints import parse_endpoint
from kfinfra.config.imports import Import, parse_id
from kfinfra.config.refactoring import Move, move_of
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.engine.result import ApplyResult
from kfinfra.model.address import Address
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action, Change
from kfinfra.state.document import ResourceState, State


def moves(state: State, source: str, target: str, types: Mapping[str, ResourceType]) -> list[Change]:
    """The changes of `state mv`. Raises DiagnosticError where nothing is at `source`, or something at `target`."""
    move = move_of(parse_endpoint(source, types), parse_endpoint(target, types))
    found = [(r, to) for a, r in sorted(state.resources.items()) if (to := move.carry(a)) is not None]
    if not found:
        raise DiagnosticError(_nothing(source, state))
    taken = [(r, to) for r, to in found if to in state.resources]
    if taken:
        listed = ", ".join(f"{r.address} to {to}" for r, to in taken)
        detail = f"State has something at the new address already: {listed}."
        raise DiagnosticError(
            error("Invalid target address", detail, hint="move or remove that first (kfinfra state mv, state rm)")
        )
    return [replace(_still(r), address=to, previous=r.address) for r, to in found]


def forgets(state: State, addresses: Iterable[str], types: Mapping[str, ResourceType]) -> list[Change]:
    """The changes of `state rm`. Raises DiagnosticError for addresses where nothing is."""
    problems: list[Diagnostic] = []
    out: dict[Address, Change] = {}
    for text in addresses:
        end = parse_endpoint(text, types)
        everything = Move(end, end, None)  # what it would carry along is what lies there
        found = [r for a, r in sorted(state.resources.items()) if everything.carry(a) is not None]
        out |= {r.address: replace(_still(r), action=Action.FORGET, after=None) for r in found}
        if not found:
            problems.append(_nothing(text, state))
    if problems:
        raise DiagnosticError(problems)
    return list(out.values())


def without(session: Session, changes: Sequence[Change]) -> ApplyResult:
    """Drops from state what `changes` forget, and asks no server: the objects keep their marks."""
    resources = {c.address for c in changes}
    session.record(replace(session.state, resources={a: r for a, r in session.state.resources.items() if a not in resources}))
    return ApplyResult(adopted=tuple(changes))


def wanted_import(session: Session, address: str, text: str) -> Import:
    """The import that a command asks for. Raises DiagnosticError."""
    try:
        place = Address.parse(address)
        schema = session.config.types[place.type]
    except (ValueError, KeyError) as problem:
        known = [t for t in session.config.types if "." not in t]
        detail = f'There is no resource type "{problem.args[0]}".{did_you_mean(str(problem.args[0]), known)}'
        if isinstance(problem, ValueError):
            detail = f"{problem}."
        raise DiagnosticError(error("Invalid import address", detail)) from problem
    if session.config.repeats(place) is None:
        detail = f"The configuration declares no {place.resource}."
        hint = f'write it first: {place.type} "{place.name}" {{ … }}'
        raise DiagnosticError(error("Resource does not exist in the configuration", detail, hint=hint))
    if place in session.state.resources:
        detail = f"{place} manages an object already."
        hint = f"to import another one to this address, remove it first: kfinfra state rm {address}"
        raise DiagnosticError(error("Resource already managed by kfinfra", detail, hint=hint))
    try:
        return Import(place, parse_id(schema, text), text)
    except ValueError as problem:
        raise DiagnosticError(error("Invalid import id argument", f"{problem}.")) from problem


def imported(session: Session, target: Import) -> tuple[ApplyResult, bool]:
    """Takes the object over, and changes nothing of it; whether the next plan will. Raises DiagnosticError."""
    plan = session.plan()
    found = next(c for c in plan.changes if c.address == target.address)
    result = session.adopt([replace(found, action=Action.NOOP, after=found.before, differences=())])
    return result, found.action is not Action.NOOP


def _still(resource: ResourceState) -> Change:
    """A change that changes nothing of the object."""
    made = Change(resource.address, Action.NOOP, resource.provider, resource.attributes, resource.attributes)
    return replace(made, sensitive=resource.sensitive, dependencies=resource.dependencies)


def _nothing(text: str, state: State) -> Diagnostic:
    known = {str(a) for a in state.resources} | {str(a.resource) for a in state.resources}
    detail = f"State knows nothing at {text}.{did_you_mean(text, known)}"
    return error("No matching objects found", detail, hint="kfinfra state list shows all addresses")
