"""Recovery: operations that an earlier command began and whose end is not known are looked up before anything else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.operation import owner_mark
from kfinfra.engine.providers import ProviderSet
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.model.schema import ResourceType
from kfinfra.state.document import ResourceState, State
from kfinfra.state.journal import Intent


def recover(
    state: State,
    intents: Iterable[Intent],
    types: Mapping[str, ResourceType],
    providers: ProviderSet,
    hooks: Hooks,
) -> State:
    """The state after each open intent was settled: adopted where the object exists and bears our mark, else forgotten.

    Raises DiagnosticError where a server cannot be asked: then nothing else may be done either.
    """
    for intent in intents:
        state = _settled(state, intent, types, providers, hooks).restoring(intent.deposed)
    return state


def _settled(state: State, intent: Intent, types: Mapping[str, ResourceType], providers: ProviderSet, hooks: Hooks) -> State:
    found = _looked_up(intent, providers)
    if found.attributes is None:
        hooks.recovered(intent.address, "it does not exist")
        return state.without(intent.address)
    if intent.action in ("move", "forget"):
        return _remarked(state, intent, found.owner, hooks)
    if intent.action in ("create", "import") and found.owner == owner_mark(state, intent.address):
        kept = {n: v for n, v in found.attributes.items() if n not in found.write_only}
        version = types[intent.address.type].version
        hooks.recovered(intent.address, "it exists and is ours: adopted")
        return state.with_resource(ResourceState(intent.address, intent.provider, kept, schema_version=version))
    hooks.recovered(intent.address, "it exists; the next plan compares it")
    return state


def _looked_up(intent: Intent, providers: ProviderSet) -> Observed:
    request = ReadRequest(intent.address, intent.identity, intent.identity)
    try:
        found = providers.get(intent.provider).refresh([request])[intent.address]
        if found.diagnostics:
            raise DiagnosticError(found.diagnostics)
    except DiagnosticError as problem:
        raise DiagnosticError(_still_open(d, intent) for d in problem.diagnostics) from problem
    return found


def _still_open(problem: Diagnostic, intent: Intent) -> Diagnostic:
    """What kept a look-up from being made, and what it was made for."""
    began = (
        f"An earlier command was interrupted while it was to {intent.action} {intent.address}. Whether it did is looked up "
        "before anything else is done, and could not be."
    )
    again = (
        "the same command, once this works, goes on, and the journal keeps until then what was begun; if the object's server is "
        "gone for good: kfinfra state pull > FILE, then kfinfra state push -force FILE, which forgets it"
    )
    hint = f"{problem.hint}; {again}" if problem.hint else again
    return replace(problem, detail=f"{problem.detail} {began}".strip(), hint=hint, address=problem.address or str(intent.address))


def _remarked(state: State, intent: Intent, owner: str | None, hooks: Hooks) -> State:
    """Whether the mark was brought over before the crash tells whether the move, or the forgetting, has happened."""
    ours = owner == owner_mark(state, intent.address)
    if intent.action == "forget":
        hooks.recovered(intent.address, "it is still ours; the next plan lets it go" if ours else "it was let go of")
        return state if ours else state.without(intent.address)
    if not ours or intent.previous is None:
        hooks.recovered(intent.address, f"it is still at {intent.previous}; the next plan moves it")
        return state
    hooks.recovered(intent.address, f"it has moved from {intent.previous}")
    return state.moved({intent.previous: intent.address})
