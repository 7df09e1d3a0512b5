"""`moved` and `removed` blocks: what they say, and whether they can be true together. They are about state, not servers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from kfinfra.config.constants import constant_bool
from kfinfra.config.endpoints import Endpoint, read_endpoint
from kfinfra.config.module import Declared, Module
from kfinfra.diag import Diagnostic, DiagnosticError, Span, did_you_mean, error
from kfinfra.graph import CycleError, topological
from kfinfra.model.address import Address


@dataclass(frozen=True, slots=True)
class Move:
    """What lay at `source` lies at `target`, both relative to the module at `within`, in each of its instances."""

    source: Endpoint
    target: Endpoint
    span: Span | None
    within: tuple[str, ...] = ()

    def carry(self, address: Address) -> Address | None:
        """Where `address` goes, or None where this is not about it."""
        depth = len(self.within)
        if tuple(name for name, _ in address.module[:depth]) != self.within:
            return None
        found = self.source.find(address, depth)
        return self.target.place(address, found, depth) if found is not None else None


@dataclass(frozen=True, slots=True)
class Removal:
    """What lay at `source` is not declared any more: destroyed, or (`destroy` false) left alone and forgotten."""

    source: Endpoint
    destroy: bool
    span: Span
    within: tuple[str, ...] = ()

    def covers(self, address: Address) -> bool:
        """Whether it is about `address`."""
        names = tuple(name for name, _ in address.module)
        depth = len(self.within)
        place = self.within + tuple(name for name, _ in self.source.module)
        if self.source.resource is not None:
            return names == place and (address.type, address.name) == self.source.resource
        return names[: len(place)] == place and len(names) >= len(place) > depth


@dataclass(frozen=True, slots=True)
class Refactoring:
    """All `moved` blocks, each after those whose `to` is its `from`, and all `removed` blocks."""

    moves: tuple[Move, ...] = ()
    removals: tuple[Removal, ...] = ()


def read_refactoring(
    modules: Iterable[tuple[tuple[str, ...], Module]], types: Collection[str], found: list[Diagnostic]
) -> Refactoring:
    """The blocks of all `modules` (the names on the way to each, and the module); what is wrong goes to `found`."""
    moves: list[Move] = []
    removals: list[Removal] = []
    every = dict(modules)
    for within, module in every.items():
        for block in module.moved:
            try:
                moves.append(_move(block, within, types))
            except DiagnosticError as problem:
                found.extend(problem.diagnostics)
        for block in module.removed:
            try:
                removals.append(_removal(block, within, every, types))
            except DiagnosticError as problem:
                found.extend(problem.diagnostics)
    clashes = list(_clashes(moves))
    found.extend(clashes)
    return Refactoring(_ordered(moves, found) if not clashes else (), tuple(removals))


def _move(block: Declared, within: tuple[str, ...], types: Collection[str]) -> Move:
    _only(block, ("from", "to"), ())
    return move_of(read_endpoint(block, "from", types), read_endpoint(block, "to", types), block.span, within)


def move_of(source: Endpoint, target: Endpoint, span: Span | None = None, within: tuple[str, ...] = ()) -> Move:
    """The move from one to the other, if they are of one kind and not the same. Raises DiagnosticError."""
    if (source.resource is None) != (target.resource is None):
        detail = f"{source} and {target} are not of one kind: a module moves to a module, a resource to a resource."
        raise DiagnosticError(error('Invalid "moved" addresses', detail, span))
    if source.resource and target.resource and source.resource[0] != target.resource[0]:
        detail = f"{source} and {target} have different types: an object cannot become one of another type."
        hint = f"let {source} be destroyed, or forget it with a removed block"
        raise DiagnosticError(error("Resource type mismatch", detail, span, hint=hint))
    if not (source.whole and target.whole):
        source, target = source.instance(), target.instance()
    if source == target:
        detail = f"{source} is said to move to {target}, which is the same."
        raise DiagnosticError(error("Redundant move statement", detail, span))
    return Move(source, target, span, within)


def _removal(
    block: Declared, within: tuple[str, ...], modules: Mapping[tuple[str, ...], Module], types: Collection[str]
) -> Removal:
    _only(block, ("from",), ("lifecycle",))
    source = read_endpoint(block, "from", types)
    if not source.whole or any(key is not None for _, key in source.module):
        detail = f"{source} has a key: a removed block names a whole resource or module (disk.data, module.m)."
        hint = "take the key out of count or for_each instead, or use kfinfra state rm"
        raise DiagnosticError(error("Resource instance keys not allowed", detail, block.span, hint=hint))
    destroy = True
    for inner in block.block.body.blocks:
        lifecycle = block.inner(inner)
        _only(lifecycle, ("destroy",), ())
        attribute = lifecycle.attribute("destroy")
        destroy = constant_bool(lifecycle, attribute) if attribute is not None else destroy
    place = within + tuple(name for name, _ in source.module)
    there = modules[place].resources.get(source.resource) if source.resource and place in modules else None
    if there is not None or (source.resource is None and place in modules):
        what, where = ("resource", f" at {there.span}") if there is not None else ("module", "")
        detail = f"{source} is said to be removed, and is still declared{where}."
        hint = "remove that block, or this one"
        raise DiagnosticError(error(f"Removed {what} still exists", detail, block.span, hint=hint))
    return Removal(source, destroy, block.span, within)


def _only(block: Declared, attributes: Sequence[str], blocks: Sequence[str]) -> None:
    """Refuses what the block does not take."""
    kind = block.block.type
    for attribute in block.block.body.attributes:
        if attribute.name not in attributes:
            detail = f'A "{kind}" block has no argument "{attribute.name}".{did_you_mean(attribute.name, attributes)}'
            raise DiagnosticError(error("Unsupported argument", detail, block.name_span(attribute)))
    seen: set[str] = set()
    for inner in block.block.body.blocks:
        if inner.type not in blocks or inner.type in seen:
            detail = f'A "{kind}" block has no{" second" if inner.type in seen else ""} "{inner.type}" block.'
            raise DiagnosticError(error("Unsupported block type", detail, block.inner(inner).span))
        seen.add(inner.type)


def _clashes(moves: Sequence[Move]) -> Iterable[Diagnostic]:
    """Two blocks about one object that cannot both be true."""
    for index, later in enumerate(moves):
        for earlier in moves[:index]:
            if later.within != earlier.within or (later.source, later.target) == (earlier.source, earlier.target):
                continue
            if later.source == earlier.source:
                detail = (
                    f"{later.source} moved to {earlier.target} by the block at {earlier.span}, and to {later.target} by this "
                    "one. An object moves to one place only."
                )
                yield error("Ambiguous move statements", detail, later.span)
            elif later.target == earlier.target:
                detail = (
                    f"{earlier.source} moved to {later.target} by the block at {earlier.span}, and {later.source} by this one. "
                    "Only one object can have moved to a place."
                )
                yield error("Ambiguous move statements", detail, later.span)


def _ordered(moves: Sequence[Move], found: list[Diagnostic]) -> tuple[Move, ...]:
    """Each after those that bring something to its `from`."""
    before: dict[int, list[int]] = {
        i: [j for j, m in enumerate(moves) if j != i and m.target.overlaps(m.within, move.source, move.within)]
        for i, move in enumerate(moves)
    }
    try:
        return tuple(moves[i] for i in topological(before))
    except CycleError as problem:
        places = [moves[int(i)] for i in problem.cycle]
        words = "; ".join(f"{m.source} to {m.target} ({m.span})" for m in places)
        found.append(error("Cyclic dependency in move statements", f"These blocks move in a circle: {words}.", places[0].span))
        return ()
