"""State as `moved` blocks have it: every object at the address that the configuration has for it now. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from kfinfra.config.refactoring import Move, Refactoring
from kfinfra.diag import Diagnostic, error, warning
from kfinfra.model.address import Address, Key
from kfinfra.model.resource import Resource
from kfinfra.plan.change import Action, Change
from kfinfra.state.document import State

Repeats = Callable[[Address], str | None]
"""How the block of an address repeats: `count`, `for_each`, `` (once); None where there is no such block."""
Calls = Callable[[tuple[str, ...]], str | None]
"""The same of a module's call, by the names on the way to it."""


@dataclass(frozen=True, slots=True)
class Rebound:
    """The state after the moves, where each moved object was before, and what could not be moved."""

    state: State
    previous: Mapping[Address, Address]
    warnings: tuple[Diagnostic, ...] = ()


def rebind(state: State, refactoring: Refactoring, repeats: Repeats, calls: Calls) -> Rebound:
    """Carries out all moves on `state`, chains too. What has an object at its new address already stays where it is.

    As in Terraform (internal/refactoring, move_statement.go, impliedMoveStatements), a block that gets or loses `count` takes
    its one object along: `disk.a` and `disk.a[0]` need no block to become each other, nor do `module.m` and `module.m[0]`.
    """
    now = {address: address for address in state.resources}
    blocked: dict[Address, Address] = {}
    places = _Places(now)
    for move in refactoring.moves:
        for place in places.near(move):
            target = move.carry(place)
            if target is None:
                continue
            if target in now:
                blocked[place] = target
            else:
                now[target] = now.pop(place)
                places.moved(place, target)
    known: dict[tuple[str, ...] | Address, str | None] = {}
    for place in [place for place, first in now.items() if place == first]:
        target = _implied(place, repeats, calls, known)
        if target not in now:
            now[target] = now.pop(place)
    previous = {place: first for place, first in now.items() if place != first}
    moved = state.moved({first: place for place, first in previous.items()})
    return Rebound(moved, previous, (_unresolved(blocked),) if blocked else ())


class _Places:
    """Addresses by their blocks, so that a move looks at those only that it can be about."""

    def __init__(self, addresses: Iterable[Address]) -> None:
        self._blocks: dict[tuple[str, str], dict[Address, None]] = {}
        for address in addresses:
            self._blocks.setdefault(address.block, {})[address] = None

    def near(self, move: Move) -> list[Address]:
        """What a move may be about: the instances of its resource in any module, or everything where it moves a module."""
        if move.source.resource is not None:
            return list(self._blocks.get(move.source.resource, ()))
        return [address for block in self._blocks.values() for address in block]

    def moved(self, place: Address, target: Address) -> None:
        """An address has become another one."""
        del self._blocks[place.block][place]
        self._blocks.setdefault(target.block, {})[target] = None


def _implied(address: Address, repeats: Repeats, calls: Calls, known: dict[tuple[str, ...] | Address, str | None]) -> Address:
    """The address with the keys that its block and the calls on the way have now; `known` remembers how these repeat."""
    names = tuple(name for name, _ in address.module)
    module: list[tuple[str, Key]] = []
    for depth, (name, key) in enumerate(address.module, 1):
        path = names[:depth]
        if path not in known:
            known[path] = calls(path)
        module.append((name, _rekeyed(key, known[path])))
    block = Address(address.type, address.name, None, tuple((name, None) for name in names), address.data)
    if block not in known:
        known[block] = repeats(block)
    key = _rekeyed(address.key, known[block])
    if key == address.key and tuple(module) == address.module:
        return address
    return replace(address, key=key, module=tuple(module))


def _rekeyed(key: Key, how: str | None) -> Key:
    if how == "count" and key is None:
        return 0
    return None if how == "" and key == 0 and isinstance(key, int) else key


def _unresolved(blocked: Mapping[Address, Address]) -> Diagnostic:
    listed = "\n".join(f"  - {place} could not move to {target}" for place, target in sorted(blocked.items()))
    return warning(
        "Unresolved resource instance address changes",
        f"Some objects could not move, because state has another object at their new addresses already:\n{listed}\n"
        "They are planned as if nothing had been said about them.",
        hint="if that is not what you want, sort them out with kfinfra state mv or kfinfra state rm, and plan again",
    )


def still_there(wanted: Collection[Address], refactoring: Refactoring) -> Iterable[Diagnostic]:
    """Moves whose `from` the configuration still declares."""
    places = _Places(wanted)
    for move in refactoring.moves:
        found = min(((a, to) for a in places.near(move) if (to := move.carry(a)) is not None), default=None)
        if found is not None:
            detail = f"This block says that {found[0]} moved to {found[1]}, but {found[0]} is still declared."
            yield error("Moved object still exists", detail, move.span, hint="remove that declaration, or this block")


def relocated(
    changes: Iterable[Change],
    rebound: Rebound,
    observed: Mapping[Address, Resource | None],
    *,
    targeted: bool,
    errors: list[Diagnostic],
) -> list[Change]:
    """The changes with where their objects were before; a moved object without one gets one that only moves it.

    With targets that leave a moved object out, nothing can be planned: it would be at two addresses. Then `errors` say so.
    """
    out = [replace(c, previous=rebound.previous.get(c.address)) for c in changes]
    missing = {a for a in rebound.previous if observed.get(a) is not None} - {c.address for c in out}
    if targeted and missing:
        listed = ", ".join(f"{rebound.previous[a]} to {a}" for a in sorted(missing))
        detail = f"These objects move, and -target leaves them out: {listed}."
        hint = "add " + " ".join(f"-target={a}" for a in sorted(missing))
        errors.append(error("Moved resource instances excluded by targeting", detail, hint=hint))
        return out
    for address in missing:
        found, recorded = observed[address], rebound.state.resources[address]
        if found is not None:
            only = Change(address, Action.NOOP, recorded.provider, found.attributes, found.attributes)
            only = replace(only, sensitive=found.sensitive, dependencies=recorded.dependencies)
            out.append(replace(only, previous=rebound.previous[address]))
    return out


def forgotten(changes: Iterable[Change]) -> Iterable[Diagnostic]:
    """A warning that names what will be let go of, as Terraform gives it."""
    listed = "\n".join(f" - {c.address}" for c in sorted(changes, key=lambda c: c.address) if c.action is Action.FORGET)
    if listed:
        detail = (
            f"If you apply this plan, kfinfra forgets these objects, takes its mark off them, and leaves them in place:\n{listed}"
        )
        yield warning("Some objects will no longer be managed by kfinfra", detail, hint="to manage them again later, import them")
