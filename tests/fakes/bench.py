"""A folder, a store and a fake world: each call is a command, as a user would give it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path

from kfinfra.app.options import PlanOptions
from kfinfra.app.session import Session, settled_state
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.engine.configured import ProviderSettings
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.providers import ProviderSet
from kfinfra.engine.result import ApplyResult
from kfinfra.plan.change import Plan
from kfinfra.state.store import StateStore
from kfinfra.stores.local import LocalStore
from tests.fakes.world import PROVIDERS, TYPES, FakeProvider, World


class Bench:
    """A folder, a store and a world; each call is a command."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.world = folder, World()
        folder.mkdir(exist_ok=True)
        self.store: StateStore = LocalStore(folder / "state" / "s.kfstate")

    def session(self, text: str, **options: object) -> Session:
        (self.folder / "main.hcl").write_text(text)
        asked = PlanOptions(**options)  # type: ignore[arg-type]
        config = load(FolderSources(self.folder), TYPES, PROVIDERS, {}, asked.var_inputs)
        settings = ProviderSettings(config, Hooks())
        made = {"fake": lambda attributes, env: FakeProvider(self.world, attributes)}
        providers = settings.providers = ProviderSet(made, settings, {})
        return Session(
            config, settled_state(self.store, TYPES, providers, Hooks(), settings), self.store, providers, asked, Hooks()
        )

    def plan(self, text: str, **options: object) -> Plan:
        return self.session(text, **options).plan()

    def apply(self, text: str, **options: object) -> ApplyResult:
        session = self.session(text, **options)
        return session.apply(session.plan(), threading.Event())


def actions(plan: Plan) -> Mapping[str, str]:
    return {str(c.address): c.action.value for c in plan.changes}
