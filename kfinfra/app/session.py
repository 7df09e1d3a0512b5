"""A session: the lock held, configuration and state read, open operations recovered; it plans and applies."""

from __future__ import annotations

import secrets
import threading
import uuid
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from kfinfra.app import wiring
from kfinfra.app.backends import keep
from kfinfra.app.inspect import plan_bytes, read_plan
from kfinfra.app.options import PlanOptions, Workplace
from kfinfra.app.reading import configuration
from kfinfra.config.configuration import Configuration
from kfinfra.config.imports import Import
from kfinfra.diag import DiagnosticError, error
from kfinfra.engine.adoption import adopt
from kfinfra.engine.conclusion import concluded
from kfinfra.engine.configured import ProviderSettings
from kfinfra.engine.digests import keyed_digest
from kfinfra.engine.executor import Executor
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.operation import Surroundings, recorded_dependencies
from kfinfra.engine.planner import Planner, Request
from kfinfra.engine.providers import ProviderSet
from kfinfra.engine.recovery import recover
from kfinfra.engine.result import ApplyResult
from kfinfra.hcl.functions.times import stamp
from kfinfra.model.address import Address
from kfinfra.model.plain import UNKNOWN, Plain, at_path
from kfinfra.model.ports import Provider
from kfinfra.model.resource import Resource
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action, Change, Mode, Plan
from kfinfra.plan.diff import replaced
from kfinfra.plan.file import decode_plan, encode_plan
from kfinfra.state.document import State
from kfinfra.state.journal import fold
from kfinfra.state.sealing import PLAN, Sealer, Unsealed
from kfinfra.state.store import StateStore
from kfinfra.values.codec import to_data

DIGEST = "digest:"
"""What begins the place of a sensitive variable's value in a plan."""


class Session:
    """One command's work on one root module."""

    def __init__(
        self,
        config: Configuration,
        state: State,
        store: StateStore,
        providers: ProviderSet,
        options: PlanOptions,
        hooks: Hooks,
        plans: Sealer | None = None,
    ) -> None:
        self.config, self.state = config, state
        self._plans = plans or Unsealed()
        self._store, self._providers, self._options, self._hooks = store, providers, options, hooks
        self._observed: dict[Address, Resource | None] | None = None
        self._previous: Mapping[Address, Address] = {}
        self.importing: tuple[Import, ...] = ()

    def plan(self) -> Plan:
        """The plan. Raises DiagnosticError with everything that is wrong."""
        options = self._options
        made = _now()
        self.config.evaluation.common.clock.planned = made
        request = Request(options.mode, options.targets, options.replace, options.refresh, self.importing)
        planner = Planner(self.config, self.state, self.config.types, self._providers, self._hooks, request)
        plan = planner.plan()
        self._observed, self._previous = planner.observed, planner.previous
        return replace(plan, variables=self._variables(), made=stamp(made))

    def apply(self, plan: Plan, stop: threading.Event) -> ApplyResult:
        """Makes it so. What was done is recorded whatever happens; failures are in the result."""
        self.config.evaluation.common.clock.now = _now
        base = self._refreshed(plan)
        around = Surroundings(
            self.config, base, self.config.types, self._providers, self._store, self._hooks, wiring.SystemClock()
        )
        self._begin_state()
        self._hooks.apply_started(plan)
        adopted = adopt(plan.to_apply, around, self._options.parallelism, stop)
        executor = Executor(replace(around, state=adopted.state), self._options.parallelism, stop)
        outputs, checks = base.outputs, base.checks
        try:
            result = executor.apply(adopted.changes).joined(adopted.done, adopted.failed, adopted.skipped)
            result = concluded(plan, result, self.state, self.config, self._providers, self._hooks)
            outputs, checks = result.outputs, result.checks
            return result
        finally:
            self._save(replace(executor.state, outputs=outputs, checks=checks))

    def provider(self, key: str) -> Provider:
        """The provider of a key (`aws`, `aws.west`). Raises DiagnosticError where it cannot be made."""
        return self._providers.get(key)

    def adopt(self, changes: Iterable[Change]) -> ApplyResult:
        """Carries out moves, imports and forgets only, and records them."""
        clock = wiring.SystemClock()
        around = Surroundings(self.config, self.state, self.config.types, self._providers, self._store, self._hooks, clock)
        self._begin_state()
        adopted = adopt(changes, around, self._options.parallelism, threading.Event())
        self._save(adopted.state)
        return ApplyResult().joined(adopted.done, adopted.failed, adopted.skipped)

    def record(self, state: State) -> None:
        """Writes `state` as the successor of the one there is."""
        self._begin_state()
        self._save(state)

    def save_plan(self, plan: Plan, path: Path) -> None:
        """Writes a plan file (0600). Write-only and sensitive values are not in it."""
        from kfinfra.stores.local import write_private

        self._begin_state()
        write_private(path, self._plans.seal(encode_plan(plan), PLAN))

    def load_plan(self, path: Path) -> Plan:
        """The plan in `path`, made ready to apply. Raises DiagnosticError where it is stale."""
        plan = decode_plan(self._plans.open(plan_bytes(path), PLAN, str(path)), str(path))
        if (plan.lineage, plan.serial) != (self.state.lineage, self.state.serial):
            detail = "The state has changed since this plan was made, so it can no longer be applied."
            raise DiagnosticError(error("Saved plan is stale", detail, hint="plan again"))
        if plan.config_digest != self.config.digest or plan.variables != self._variables():
            detail = "The configuration or its variables are not those that this plan was made from."
            raise DiagnosticError(error("Saved plan is stale", detail, hint="use the same files and variables, or plan again"))
        plan = replace(plan, changes=tuple(self._restored(c) for c in plan.changes))
        self.config.evaluation.common.clock.planned = datetime.fromisoformat(plan.made)
        self._prepare(plan)
        return plan

    def _restored(self, change: Change) -> Change:
        """The change with the sensitive values that a plan file leaves out, as the state has them."""
        recorded = self.state.resources.get(change.previous or change.address)
        if change.before is None or recorded is None:
            return change
        before: Plain = dict(change.before)
        for path in change.sensitive:
            before = replaced(before, path, at_path(dict(recorded.attributes), path))
        return replace(change, before=before if isinstance(before, dict) else change.before)

    def _begin_state(self) -> None:
        """Makes a first state durable: its lineage marks what is made, and must outlive a crash of the first apply."""
        if self._store.read() is None:
            self._store.write(self.state)

    def _prepare(self, plan: Plan) -> None:
        """Settles a loaded plan's values, so that expressions see what they saw when it was made."""
        for resource in self.state.resources.values():
            if not resource.address.deposed:
                self.config.settle(resource.resource())
        for read in plan.data:
            self.config.settle(Resource(read.address, read.after or {}, read.sensitive))
        planned = {c.address: c for c in plan.changes}
        for block in self.config.order if plan.mode is Mode.NORMAL else ():
            for desired in self.config.instances(block):
                change = planned.get(desired.address)
                if change is not None and change.after is not None:
                    self.config.settle(Resource(change.address, change.after, change.sensitive))

    def _refreshed(self, plan: Plan) -> State:
        """The state with what the plan's refresh observed: drift is accepted by applying."""
        resources = dict(self.state.resources)
        previous = self._previous or {c.address: c.previous for c in plan.changes if c.previous is not None}
        observed = self._observed
        if observed is None:
            observed = {c.address: Resource(c.address, c.before) for c in plan.changes if c.before is not None}
        for address, found in observed.items():
            at = previous.get(address, address)
            recorded = resources.get(at)
            if found is None:
                resources.pop(at, None)
            elif recorded is not None:
                resources[at] = replace(recorded, attributes=found.attributes)
        for change in plan.changes if plan.mode is Mode.NORMAL else ():
            at = change.previous or change.address
            if change.action is Action.NOOP and at in resources:  # what was recovered is known by its attributes only
                built_on = recorded_dependencies(change.dependencies)
                resources[at] = replace(resources[at], dependencies=built_on)
        return replace(self.state, resources=resources)

    def _save(self, state: State) -> None:
        """Folds the journal into the state; intents whose end is not known stay in the journal."""
        _, still_open = fold(state, self._store.read_journal())
        successor = state.next_after(self.state)
        self._store.write(successor, still_open)
        self.state = successor

    def _variables(self) -> dict[str, Plain]:
        """The variables' values as a plan keeps them: a sensitive one as its keyed digest, an ephemeral one not at all."""
        out: dict[str, Plain] = {}
        for name, value in self.config.variables.values.items():
            if name in self.config.variables.ephemeral:
                continue
            data, hidden = to_data(value, UNKNOWN)
            secret = hidden or name in self.config.variables.sensitive
            out[name] = f"{DIGEST}{keyed_digest(self.state.digest_key, data)}" if secret else data
        return out


def planned_variables(work: Workplace, options: PlanOptions, path: Path) -> dict[str, Plain]:
    """The values that the plan in `path` was made with; what is sensitive is not in it. Raises DiagnosticError."""
    found = read_plan(work, path, options.var_inputs).variables
    return {name: value for name, value in found.items() if not _is_digest(value)}


def _is_digest(value: Plain) -> bool:
    return isinstance(value, str) and value.startswith(DIGEST)


def _now() -> datetime:
    return datetime.fromtimestamp(wiring.SystemClock().now(), UTC)


@contextmanager
def open_session(
    work: Workplace, options: PlanOptions, hooks: Hooks, operation: str, require_variables: bool = True
) -> Iterator[Session]:
    """Reads configuration and state under the lock, and settles what an earlier command left open."""
    config = configuration(
        work, options.var_inputs, require_variables=require_variables, ask=options.ask, planned=options.planned
    )
    env = wiring.environment(work)
    store = wiring.store(work, config.settings)
    settings = ProviderSettings(config, hooks)
    providers = settings.providers = ProviderSet(wiring.factories(work), settings, env)
    try:
        with store.lock(operation, options.lock_timeout) if options.lock else nullcontext():
            if not work.sandbox:
                keep(work, config.settings.backend)
            state = settled_state(store, config.types, providers, hooks, settings)
            yield Session(config, state, store, providers, options, hooks, wiring.plan_sealer(work, config.settings))
    finally:
        providers.close()


def settled_state(
    store: StateStore, types: Mapping[str, ResourceType], providers: ProviderSet, hooks: Hooks, settings: ProviderSettings
) -> State:
    """The state with the journal in it, what an earlier command left open looked up and recorded. Raises DiagnosticError."""
    state = store.read() or new_state()
    folded, open_intents = fold(state, store.read_journal())
    settings.state = folded
    recovered = recover(folded, open_intents, types, providers, hooks)
    if recovered != state or open_intents:
        recovered = recovered.next_after(state)
        store.write(recovered)
    return recovered


def new_state() -> State:
    """An empty state with a lineage and a digest key of its own."""
    return State(str(uuid.uuid4()), secrets.token_hex(32))
