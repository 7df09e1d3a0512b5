"""What an apply has done: a value, also where parts of it failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from kfinfra.diag import Diagnostic, Severity
from kfinfra.model.address import Address
from kfinfra.model.checks import Checked
from kfinfra.plan.change import Action, Change
from kfinfra.state.document import OutputState


@dataclass(frozen=True, slots=True)
class ApplyResult:
    """The operations done, the objects `adopted` before them; the failures with their diagnostics, and what was skipped
    because of them. `problems` are what was told at the end of all: of outputs and checks.
    """

    done: tuple[tuple[Address, Action], ...] = ()
    failed: Mapping[Address, tuple[Diagnostic, ...]] = field(default_factory=dict)
    skipped: tuple[Address, ...] = ()
    interrupted: bool = False
    outputs: Mapping[str, OutputState] = field(default_factory=dict)
    adopted: tuple[Change, ...] = ()
    checks: tuple[Checked, ...] = ()
    problems: tuple[Diagnostic, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all was done, and nothing at the end is wrong."""
        return not (self.failed or self.interrupted or any(d.severity is Severity.ERROR for d in self.problems))

    @property
    def imported(self) -> int:
        """How many objects were taken over."""
        return sum(c.importing != "" for c in self.adopted)

    def joined(
        self, adopted: tuple[Change, ...], failed: Mapping[Address, tuple[Diagnostic, ...]], skipped: tuple[Address, ...]
    ) -> ApplyResult:
        """Together with what came before the operations: objects moved, imported or let go of, and what failed of that."""
        every = tuple(sorted({*self.skipped, *skipped}))
        return replace(self, adopted=adopted, failed={**failed, **self.failed}, skipped=every)

    def counts(self) -> tuple[int, int, int]:
        """How many objects were added, changed, destroyed."""
        kinds = [action for _, action in self.done]
        return kinds.count(Action.CREATE), kinds.count(Action.UPDATE), kinds.count(Action.DELETE)
