"""Where states lie, and what they and saved plans are encrypted with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kfinfra.app.backends import ensure_unchanged
from kfinfra.app.options import Workplace
from kfinfra.app.workspaces import current

if TYPE_CHECKING:
    from kfinfra.config.backends import Backend
    from kfinfra.config.encryption import Target
    from kfinfra.config.settings import Settings
    from kfinfra.state.sealing import Sealer
    from kfinfra.state.store import StateStore, Workspaces


def workspaces(work: Workplace, settings: Settings) -> Workspaces:
    """Where states lie: the backend's place, or the sandbox's own folder. Raises DiagnosticError where that is not known."""
    from kfinfra.stores.local import LocalWorkspaces

    if work.sandbox:
        return LocalWorkspaces(work.data_folder / "sandbox" / "state" / "sandbox.kfstate")
    ensure_unchanged(work, settings.backend)
    return states(work, settings.backend, settings)


def states(work: Workplace, backend: Backend, settings: Settings) -> Workspaces:
    """The states of a backend, which may be another one than the configuration's. Raises DiagnosticError."""
    from kfinfra.stores.making import make_workspaces

    return make_workspaces(backend, work.root, work.env, _sealer(work, settings.encryption.state))


def plan_sealer(work: Workplace, settings: Settings) -> Sealer:
    """What plan files are encrypted with."""
    return _sealer(work, settings.encryption.plan)


def _sealer(work: Workplace, target: Target | None) -> Sealer:
    """With --sandbox nothing is encrypted: what it holds is made up, and no key should be needed to try something."""
    from kfinfra.state.sealing import Unsealed

    if work.sandbox or target is None:
        return Unsealed()
    from kfinfra.stores.encryption import make_sealer

    return make_sealer(target, work.env)


def store(work: Workplace, settings: Settings) -> StateStore:
    """Where the current workspace's state lies. Raises DiagnosticError."""
    return workspaces(work, settings).store(current(work))
