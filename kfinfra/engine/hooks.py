"""What the engine tells while it works. Every method does nothing by default; a view overrides what it shows."""

from __future__ import annotations

from collections.abc import Sequence

from kfinfra.diag import Diagnostic
from kfinfra.model.address import Address
from kfinfra.plan.change import Action, Change, Plan


class Hooks:
    """Progress of a command. Methods may be called from several threads; they must not raise."""

    def refresh_started(self, provider: str, count: int) -> None:
        """`count` objects of `provider` are about to be looked up."""

    def refresh_done(self, provider: str, count: int) -> None:
        """They have been."""

    def reading(self, provider: str, count: int) -> None:
        """`count` data sources of `provider` are about to be read."""

    def recovered(self, address: Address, what: str) -> None:
        """An operation that an earlier command left open has been settled (`what` says how)."""

    def adopted(self, change: Change) -> None:
        """The object of `change` is at its new address now, was imported, or was let go of; its mark says so."""

    def apply_started(self, plan: Plan) -> None:
        """The changes of `plan` begin."""

    def operation_started(self, change: Change, action: Action) -> None:
        """An operation begins: CREATE, UPDATE or DELETE (a replacement is two)."""

    def operation_status(self, address: Address, status: str) -> None:
        """What the operation waits for."""

    def operation_progress(self, address: Address, done: int, total: int, unit: str) -> None:
        """How far the operation is."""

    def operation_done(self, address: Address, action: Action, seconds: float) -> None:
        """The operation has succeeded."""

    def operation_failed(self, address: Address, action: Action, diagnostics: Sequence[Diagnostic]) -> None:
        """The operation has failed."""

    def operation_skipped(self, address: Address, because: Address) -> None:
        """The change was not begun, because what it depends on has failed."""
