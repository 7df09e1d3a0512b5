"""What `-target` and `-replace` name: which instances a plan is about, and names that name nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cached_property

from kfinfra.config.configuration import BlockKey, Configuration
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error, warning
from kfinfra.model.address import Address, Target
from kfinfra.state.document import State


class Targets:
    """The targets of a command; without any, everything is meant."""

    def __init__(self, texts: Iterable[str], config: Configuration, state: State) -> None:
        """Raises DiagnosticError where a text is no address."""
        self._targets = [_target(text) for text in texts]
        self._config, self._state = config, state

    def __bool__(self) -> bool:
        return bool(self._targets)

    def named(self, address: Address) -> bool:
        """Whether a target names it, or what it lies in."""
        return any(t.contains(address) for t in self._targets)

    def reach(self, address: Address) -> bool:
        """Whether a plan is about it: it is named, or something that is named depends on it."""
        if not self._targets or self.named(address):
            return True
        return any(place.contains(address) for place in self._needed.get(BlockKey.of(address), ()))

    @cached_property
    def _needed(self) -> Mapping[BlockKey, set[Target]]:
        """The blocks that what is named depends on, each with the modules that are meant."""
        shared = self._config.depends.shared
        todo = [(b, Target(t.module)) for b in shared for t in self._targets if _may_name(t, b)]
        out: dict[BlockKey, set[Target]] = {}
        while todo:
            block, place = todo.pop()
            for wanted, depth in shared[block].items():
                there = Target(place.module[:depth])
                if there not in out.setdefault(wanted, set()):
                    out[wanted].add(there)
                    todo.append((wanted, there))
        return out

    def to_destroy(self) -> set[Address]:
        """The objects that a destroy is about: those named, and what is built on them."""
        chosen = {a for a in self._state.resources if not self._targets or self.named(a)}
        grown = bool(self._targets)
        while grown:
            more = {a for a, r in self._state.resources.items() if r.dependencies & chosen} - chosen
            chosen |= more
            grown = bool(more)
        return chosen

    def warnings(self) -> Iterable[Diagnostic]:
        """That a plan with targets is a part of one, as Terraform says it."""
        if self._targets:
            detail = (
                "This plan was asked for with -target, so that it may not hold all changes that the configuration calls for. The "
                "option is for exceptional situations, such as recovering from a mistake."
            )
            yield warning("Resource targeting is in effect", detail, hint="plan without -target afterwards")

    def nowhere(self, declared: Collection[BlockKey]) -> Iterable[Diagnostic]:
        """Targets that can name nothing: none of the blocks `declared`, and nothing in state."""
        for target in self._targets:
            if not any(_may_name(target, b) for b in declared) and not any(target.contains(a) for a in self._state.resources):
                yield _nothing(target, {str(b) for b in declared} | _names(self._state.resources))

    def unknown(self, wanted: Collection[Address], broken: Collection[BlockKey]) -> Iterable[Diagnostic]:
        """Targets that name nothing `wanted` and nothing in state; those that may name an instance of what is `broken` do."""
        known = {*wanted, *self._state.resources}
        for target in self._targets:
            if any(_may_name(target, block) for block in broken) or any(target.contains(a) for a in known):
                continue
            yield _nothing(target, _names(known))


class Replacements:
    """The addresses of `-replace`."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Raises DiagnosticError where a text is no address."""
        self._addresses = [_address(text) for text in texts]

    def named(self, address: Address) -> bool:
        """Whether it is to be replaced."""
        return any(a.contains(address) for a in self._addresses)

    def nowhere(self, declared: Collection[BlockKey]) -> Iterable[Diagnostic]:
        """Those that can name nothing, since their block is none of those `declared`."""
        for asked in self._addresses:
            if BlockKey.of(asked) not in declared:
                yield _irreplaceable(asked, {str(b) for b in declared})

    def unknown(self, addresses: Collection[Address]) -> Iterable[Diagnostic]:
        """Those that name none of the `addresses`."""
        for asked in self._addresses:
            if not any(asked.contains(a) for a in addresses):
                yield _irreplaceable(asked, {str(a) for a in addresses} | {str(a.resource) for a in addresses})


def _nothing(target: Target, names: Iterable[str]) -> Diagnostic:
    detail = f"-target={target} names nothing of this configuration or its state."
    return error("Unknown target", detail + did_you_mean(str(target), names))


def _irreplaceable(asked: Address, names: Iterable[str]) -> Diagnostic:
    detail = f"-replace={asked} names no resource of this configuration.{did_you_mean(str(asked), names)}"
    return error("Nothing to replace", detail)


def _names(addresses: Iterable[Address]) -> set[str]:
    """What may be meant: the resources, and the modules that they lie in."""
    return {name for a in addresses for name in (str(a.resource), a.module_text.rstrip(".")) if name}


def _target(text: str) -> Target:
    try:
        return Target.parse(text)
    except ValueError as problem:
        raise DiagnosticError(error("Invalid -target address", f"{problem}.")) from problem


def _address(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as problem:
        raise DiagnosticError(error("Invalid -replace address", f"{problem}.")) from problem


def _may_name(target: Target, block: BlockKey) -> bool:
    """Whether an instance of the block can be among what the target names."""
    names = tuple(name for name, _ in target.module)
    if target.resource is None:
        return block.module[: len(names)] == names
    return BlockKey.of(target.resource) == block
