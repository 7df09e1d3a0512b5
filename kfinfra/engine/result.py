"""What an apply has done: a value, also where parts of it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kfinfra.diag import Diagnostic
from kfinfra.model.address import Address
from kfinfra.plan.change import Action
from kfinfra.state.document import OutputState


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """The operations done, the failures with their diagnostics, what was skipped because of them."""

    done: tuple[tuple[Address, Action], ...] = ()
    failed: Mapping[Address, tuple[Diagnostic, ...]] = field(default_factory=dict)
    skipped: tuple[Address, ...] = ()
    interrupted: bool = False
    outputs: Mapping[str, OutputState] = field(default_factory=dict)

    def counts(self) -> tuple[int, int, int]:
        """How many objects were added, changed, destroyed."""
        kinds = [action for _, action in self.done]
        return kinds.count(Action.CREATE), kinds.count(Action.UPDATE), kinds.count(Action.DELETE)
