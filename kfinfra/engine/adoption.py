"""What comes before all operations: objects that are at another address now, are taken over, or are let go of.

The object's ownership mark is brought over first, then state. An intent stands in the journal between the two, so that
whoever comes after a crash can tell by the mark which of the two addresses is true.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.engine.operation import Surroundings, owner_mark, recorded_dependencies
from kfinfra.engine.ownership import foreign, not_ours
from kfinfra.engine.refresh import observed_resource
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.model.resource import Resource
from kfinfra.plan.change import Action, Change
from kfinfra.state.document import ResourceState, State
from kfinfra.state.journal import Failure, Intent, Moved, Outcome


@dataclass(frozen=True, slots=True)
class Adopted:
    """The state afterwards; the changes that are still to be made; what failed, and what must not be begun because of it."""

    state: State
    changes: tuple[Change, ...]
    done: tuple[Change, ...]
    failed: Mapping[Address, tuple[Diagnostic, ...]]
    skipped: tuple[Address, ...]


def adopt(changes: Iterable[Change], around: Surroundings, parallelism: int, stop: threading.Event) -> Adopted:
    """Carries out the moves, imports and forgets among `changes`. Failures are in the result."""
    every = tuple(changes)
    todo = [c for c in every if kind(c)]
    found, failed = _look(todo, around)
    done: dict[Address, Change] = {}
    imported: list[ResourceState] = []

    def one(change: Change) -> None:
        if change.address in failed or stop.is_set():
            return
        try:
            if (taken := _carry_out(change, found[change.address], around)) is not None:
                imported.append(taken)
            done[change.address] = change
            around.hooks.adopted(change)
        except DiagnosticError as problem:
            failed[change.address] = tuple(d.at(change.span, str(change.address)) for d in problem.diagnostics)

    with ThreadPoolExecutor(parallelism, thread_name_prefix="adopt") as pool:
        list(pool.map(one, todo))
    state = around.state.moved({c.previous: c.address for c in done.values() if c.previous})
    resources = {**state.resources, **{r.address: r for r in imported}}
    forgotten = {c.address for c in done.values() if c.action is Action.FORGET}
    state = replace(state, resources={a: r for a, r in resources.items() if a not in forgotten})
    stopped = {c.address for c in todo if c.address not in done}
    skipped = _held_up(every, stopped, around.state)
    for address in sorted(skipped):
        around.hooks.operation_skipped(address, min(stopped))
    left = tuple(_as_found(c, state) for c in every if c.address not in stopped | skipped and c.action is not Action.FORGET)
    return Adopted(state, left, tuple(done.values()), failed, tuple(sorted(skipped | (stopped - failed.keys()))))


def kind(change: Change) -> str:
    """What has to be done beforehand: `move`, `import`, `forget`, or nothing."""
    if change.before is None:
        return ""
    if change.importing:
        return "import"
    if change.action is Action.FORGET:
        return "forget"
    return "move" if change.previous is not None else ""


def request(around: Surroundings, change: Change) -> ReadRequest:
    """The look-up of the object of a change."""
    before = change.before or {}
    identity: Attributes = {name: before.get(name) for name in around.types[change.address.type].identity}
    return ReadRequest(change.address, identity, before)


def _look(
    changes: Iterable[Change], around: Surroundings
) -> tuple[dict[Address, Observed], dict[Address, tuple[Diagnostic, ...]]]:
    """The objects as they are now, one batch a provider, and why some cannot be taken."""
    batches: dict[str, list[Change]] = defaultdict(list)
    for change in changes:
        batches[change.provider].append(change)
    found: dict[Address, Observed] = {}
    failed: dict[Address, tuple[Diagnostic, ...]] = {}
    for provider, batch in batches.items():
        try:
            found |= around.providers.get(provider).refresh([request(around, c) for c in batch])
        except DiagnosticError as problem:
            failed |= {c.address: problem.diagnostics for c in batch}
            continue
        for change in batch:
            problems = found[change.address].diagnostics or tuple(refusal(change, found[change.address], around.state))
            if problems:
                failed[change.address] = tuple(d.at(change.span, str(change.address)) for d in problems)
    return found, failed


def refusal(change: Change, observed: Observed, state: State) -> Iterable[Diagnostic]:
    """Why an object cannot be taken: it is gone, or is somebody else's."""
    if observed.attributes is None and change.action is not Action.FORGET:
        yield error("Object is gone", f"{change.address} was deleted after the plan was made.", hint="plan again")
    elif foreign(observed.owner, state.lineage) and change.action is not Action.FORGET:
        yield not_ours(change.address, observed.owner or "")


def _carry_out(change: Change, observed: Observed, around: Surroundings) -> ResourceState | None:
    """Intent, mark, record. An object that has the mark already is not asked again. Returns what was imported."""
    doing, address, asked = kind(change), change.address, request(around, change)
    wanted = None if doing == "forget" else owner_mark(around.state, address)
    around.store.append(Intent(address, doing, asked.identity, change.provider, "", "", change.previous))
    elsewhere = foreign(observed.owner, around.state.lineage)  # what is forgotten may be somebody else's by now
    if observed.attributes is not None and observed.owner != wanted and not elsewhere:
        try:
            around.providers.get(change.provider).mark(asked, wanted)
        except DiagnosticError:
            around.store.append(Failure(address))
            raise
    if doing == "move" and change.previous is not None:
        around.store.append(Moved(change.previous, address))
        return None
    taken = _imported(change, observed, around) if doing == "import" else None
    around.store.append(Outcome(address, taken))
    return taken


def _imported(change: Change, observed: Observed, around: Surroundings) -> ResourceState:
    known = Resource(change.address, {}, change.sensitive)
    resource = observed_resource(around.state, known, observed)
    assert resource is not None  # refusal has seen to it
    version = around.types[change.address.type].version
    return ResourceState(
        change.address,
        change.provider,
        resource.attributes,
        recorded_dependencies(change.dependencies),
        change.sensitive,
        resource.write_only,
        version,
    )


def _as_found(change: Change, state: State) -> Change:
    """An import's change as of what was read just now: a plan file leaves sensitive values out."""
    return replace(change, before=state.resources[change.address].attributes) if change.importing else change


def _held_up(changes: Iterable[Change], stopped: set[Address], state: State) -> set[Address]:
    """What depends on a change that cannot be made, and what such a change's object is built on and so must stay."""
    held: set[Address] = set(stopped)
    previous = {c.address: c.previous or c.address for c in changes}
    grown = bool(held)
    while grown:
        needed = {d for a in held if (r := state.resources.get(previous.get(a, a))) for d in r.dependencies}
        more = {c.address for c in changes if c.dependencies & held and c.action not in (Action.DELETE, Action.FORGET)}
        more |= {c.address for c in changes if previous[c.address] in needed and (c.action is Action.DELETE or c.action.replaces)}
        grown = not more <= held
        held |= more
    return held - stopped
