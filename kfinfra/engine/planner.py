"""The planner: refreshed state and configuration to a plan. Calls no provider but to read and to resolve local content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from kfinfra.config.configuration import BlockKey, Configuration
from kfinfra.config.imports import Import
from kfinfra.config.instances import as_planned
from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.engine.checks import Verdicts, verdicts
from kfinfra.engine.data import read_later, read_now, why_later
from kfinfra.engine.digests import with_digests
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.importing import Importer
from kfinfra.engine.masking import masked
from kfinfra.engine.moves import forgotten, rebind, relocated, still_there
from kfinfra.engine.namesakes import namesakes
from kfinfra.engine.outputs import no_outputs, output_changes
from kfinfra.engine.providers import ProviderSet
from kfinfra.engine.refresh import refresh
from kfinfra.engine.refusals import refused, triggers
from kfinfra.engine.replacing import collisions, spread
from kfinfra.engine.targeting import Replacements, Targets
from kfinfra.model.address import Address
from kfinfra.model.data import PREFIX
from kfinfra.model.discretion import secrets, without
from kfinfra.model.plain import Path
from kfinfra.model.resource import Desired, Resource
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action, Change, Mode, OutputChange, Plan
from kfinfra.plan.diff import diff, drift
from kfinfra.state.document import State


class PlanFailed(DiagnosticError):
    """A plan that cannot be applied: what is wrong, and `plan`, what was planned all the same, to be shown."""

    def __init__(self, diagnostics: Iterable[Diagnostic], plan: Plan) -> None:
        super().__init__(diagnostics)
        self.plan = plan


@dataclass(frozen=True, slots=True)
class Request:
    """What to plan: the mode, and whether and where to look."""

    mode: Mode = Mode.NORMAL
    targets: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    refresh: bool = True
    imports: tuple[Import, ...] = ()


class Planner:
    """One planning. `observed` afterwards holds what the refresh found, for the state that an apply writes."""

    def __init__(
        self,
        config: Configuration,
        state: State,
        types: Mapping[str, ResourceType],
        providers: ProviderSet,
        hooks: Hooks,
        request: Request,
    ) -> None:
        self._rebound = rebind(state, config.refactoring, config.repeats, config.call_repeats)
        self._config, self._state, self._types = config, self._rebound.state, types
        self._providers, self._hooks, self._request = providers, hooks, request
        self._errors: list[Diagnostic] = []
        self._broken: set[BlockKey] = set()
        self._planned: dict[BlockKey, dict[Address, Change]] = defaultdict(dict)
        self._verdicts: dict[tuple[Address, Path], bool] = {}
        self._targets = Targets(request.targets, config, self._state)
        self._replace = Replacements(request.replace)
        self.observed: dict[Address, Resource | None] = {}
        self._read: list[Change] = []

    @property
    def previous(self) -> Mapping[Address, Address]:
        """Where each moved object was before."""
        return self._rebound.previous

    def plan(self) -> Plan:
        """The plan. Raises PlanFailed with everything that is wrong, DiagnosticError for names that name nothing."""
        mode = self._request.mode
        self._check_names(mode)
        self._look()
        drifted = tuple(sorted(self._drift(), key=lambda c: c.address))
        found = Verdicts()
        if mode is Mode.NORMAL:
            changes = self._normal()
            found = self._conditions(changes)
            outputs = self._outputs()
            self._errors.extend(found.errors)
        else:
            changes = [] if mode is Mode.REFRESH_ONLY else self._destroy()
            outputs = no_outputs(self._state.outputs) if mode is Mode.DESTROY else ()
        self._errors.extend(self._replace.unknown([c.address for c in changes]))
        changes = spread(changes)
        self._errors.extend(collisions(changes, self._types))
        if not self._errors:
            self._errors.extend(namesakes(changes, self._types))
        changes = relocated(changes, self._rebound, self.observed, targeted=bool(self._targets), errors=self._errors)
        plan = Plan(
            mode,
            tuple(sorted(changes, key=lambda c: c.address)),
            drifted,
            outputs,
            self._state.lineage,
            self._state.serial,
            self._config.digest,
            {},
            (*self._config.warnings, *self._rebound.warnings, *self._targets.warnings(), *forgotten(changes)),
            self._request.targets,
            self._request.replace,
            tuple(sorted(self._read, key=lambda c: c.address)),
            checks=found.checked,
            check_warnings=found.warnings,
            errored=bool(self._errors),
        )
        if self._errors:
            raise PlanFailed(sorted(dict.fromkeys(self._errors), key=Diagnostic.order), plan)
        return plan

    def _check_names(self, mode: Mode) -> None:
        """What can name nothing is told before any server is asked. Raises DiagnosticError."""
        declared = () if mode is Mode.DESTROY else self._config.order
        found = [*self._targets.nowhere(declared), *(self._replace.nowhere(declared) if mode is Mode.NORMAL else ())]
        if found:
            raise DiagnosticError(found)

    def _look(self) -> None:
        """What is there, of all that the plan is about; the rest is as it was recorded."""
        known = self._state.resources
        self.observed = {a: r.resource() for a, r in known.items()}
        looked_at = [r for r in known.values() if r.address in self._asked] if self._request.refresh else []
        if looked_at:
            self.observed |= refresh(self._state, looked_at, self._types, self._providers, self._hooks).resources

    @cached_property
    def _asked(self) -> Collection[Address]:
        """The objects in state that the plan is about."""
        if self._request.mode is Mode.DESTROY:
            return self._targets.to_destroy()
        return {a for a in self._state.resources if self._targets.reach(a)} if self._targets else self._state.resources

    def _drift(self) -> Iterable[Change]:
        for address, recorded in self._state.resources.items():
            if address.deposed:  # whatever has become of it, it is to be destroyed
                continue
            schema = self._types[address.type]
            change = drift(recorded.resource(), self.observed.get(address), schema, recorded.provider)
            if change is not None:
                yield self._with_details(change)

    def _normal(self) -> list[Change]:
        changes: list[Change] = []
        wanted: set[Address] = set()
        imports = self._config.imports()
        imports.targets |= {i.address: i for i in self._request.imports}
        importer = Importer(imports, self._state, self._types, self._providers)
        for block in self._config.order:
            if self._config.edges[block] & self._broken:
                self._broken.add(block)
                continue
            try:
                instances = self._config.instances(block)
            except DiagnosticError as problem:
                self._errors.extend(problem.diagnostics)
                self._broken.add(block)
                continue
            if block.type.startswith(PREFIX):
                changes.extend(self._data(block, instances, changes))
                wanted |= {d.address for d in instances}
                continue
            chosen = {d.address for d in instances if self._targets.reach(d.address)}
            self.observed |= importer.look([d for d in instances if d.address in chosen])
            for desired in instances:
                wanted.add(desired.address)
                changes.extend(importer.marked(c) for c in self._instance(desired, desired.address in chosen))
        self._errors.extend(self._config.unmade(self._broken, self._errors))
        self._errors.extend(self._targets.unknown(wanted, self._broken))
        self._errors.extend(
            [*importer.problems, *importer.left_over(lambda a: BlockKey.of(a) in self._broken or not self._targets.reach(a))]
        )
        self._errors.extend(still_there(wanted, self._config.refactoring))
        for address in self._state.resources.keys() - wanted:
            if BlockKey.of(address) in self._broken or (self._targets and not self._targets.named(address)):
                continue
            observed = self.observed.get(address)
            if observed is not None:
                changes.append(self._deletion(address, observed, self._why_deleted(address)))
                self._check_prevented(changes[-1])
        return changes

    def _data(
        self,
        block: BlockKey,
        instances: Sequence[Desired],
        changes: Iterable[Change],
    ) -> list[Change]:
        """Reads a data block's instances now, or has them read later: then there are changes."""
        instances = [d for d in instances if self._targets.reach(d.address)]
        waits = self._config.depends.awaited.get(block, frozenset())
        changing = frozenset(BlockKey.of(c.address) for c in changes if c.action is not Action.NOOP)
        later = {d.address: why for d in instances if (why := why_later(d, waits, changing))}
        try:
            now = read_now([d for d in instances if d.address not in later], self._types, self._providers, self._hooks)
        except DiagnosticError as problem:
            self._errors.extend(problem.diagnostics)
            self._broken.add(block)
            return []
        deferred = [read_later(d, self._types, later[d.address]) for d in instances if d.address in later]
        for change in (*now, *deferred):
            self._config.settle(Resource(change.address, change.after or {}, change.sensitive))
            self._check_after(change.address)
        self._read.extend(now)
        return deferred

    def _instance(self, desired: Desired, included: bool) -> Iterable[Change]:
        address = desired.address
        observed = self.observed.get(address)
        if not included:
            self._config.settle(observed or as_planned(desired, self._types[address.type]))
            return
        try:
            change = self._diffed(desired, observed)
        except DiagnosticError as problem:
            hidden = secrets(desired.resource.attributes, desired.resource.sensitive)
            self._errors.extend(without(d, hidden).at(desired.span, str(address)) for d in problem.diagnostics)
            self._broken.add(BlockKey.of(address))
            return
        self._config.settle(Resource(address, change.after or {}, change.sensitive))
        self._planned[BlockKey.of(address)][address] = change
        self._check_after(address)
        yield change

    def _check_after(self, address: Address) -> None:
        """What is to come of an object that does not hold what is asked of it: nothing is built on that."""
        found = self._config.check_after(address)
        if found:
            self._errors.extend(found)
            self._broken.add(BlockKey.of(address))

    def _diffed(self, desired: Desired, observed: Resource | None) -> Change:
        address = desired.address
        recorded = self._state.resources.get(address)
        provider = self._providers.get(desired.provider)
        resolved = provider.resolve(desired, recorded.attributes if recorded else None)
        resolved = with_digests(resolved, self._state.digest_key)
        forced = "replace_because_tainted" if recorded and recorded.tainted else ""
        if observed is not None and any(self._triggered(address, *t) for t in desired.lifecycle.replace_triggered_by):
            forced = "replace_by_triggers"
        if self._replace.named(address):
            forced = "replace_by_request"
        change = diff(resolved, observed, self._types[address.type], desired.provider, forced=forced)
        if change.action.replaces:
            self._errors.extend(refused(change, desired.lifecycle))
        return self._with_details(change)

    def _triggered(self, address: Address, wanted: Address, path: Path) -> bool:
        """Whether a change of what is `wanted`, in the same module, has the object at `address` replaced."""
        beside = replace(wanted, module=address.module)
        if (beside, path) not in self._verdicts:
            planned = self._planned[BlockKey.of(beside)]
            named = planned.values() if beside.key is None else [planned[beside]] if beside in planned else []
            self._verdicts[beside, path] = any(triggers(change, path) for change in named)
        return self._verdicts[beside, path]

    def _with_details(self, change: Change) -> Change:
        if change.action in (Action.NOOP, Action.FORGET):
            return change
        provider = self._providers.get(change.provider)
        lines = provider.details(change.address, change.before, change.after)
        return replace(change, details=tuple(masked(lines, change)))

    def _deletion(self, address: Address, observed: Resource, reason: str) -> Change:
        recorded = self._state.resources[address]
        change = diff(None, observed, self._types[address.type], recorded.provider, reason=reason)
        if any(r.covers(address) and not r.destroy for r in self._config.refactoring.removals):
            change = replace(change, action=Action.FORGET)
        return self._with_details(replace(change, dependencies=recorded.dependencies))

    def _why_deleted(self, address: Address) -> str:
        if address.deposed:
            return ""
        if self._config.declared(BlockKey.of(address)) is None:
            return "delete_because_no_resource_config"
        if not self._config.has_module(address.module):
            return "delete_because_no_module"
        if isinstance(address.key, int):
            return "delete_because_count_index"
        return "delete_because_each_key" if address.key is not None else "delete_because_wrong_repetition"

    def _destroy(self) -> list[Change]:
        changes = []
        for address, observed in self.observed.items():
            if observed is not None and address in self._asked:
                changes.append(self._deletion(address, observed, ""))
                self._check_prevented(changes[-1])
        return changes

    def _check_prevented(self, change: Change) -> None:
        """A deletion that the block, which may still be there, forbids."""
        declared = self._config.declared(BlockKey.of(change.address))
        if declared is None or change.action is not Action.DELETE or change.address.deposed:
            return
        try:
            lifecycle = self._config.lifecycle(change.address)
        except DiagnosticError as problem:
            self._errors.extend(problem.diagnostics)
            return
        self._errors.extend(refused(replace(change, span=declared.span), lifecycle))

    def _outputs(self) -> tuple[OutputChange, ...]:
        if self._broken or self._errors:
            return ()
        try:
            return output_changes(self._state.outputs, self._config.outputs())
        except DiagnosticError as problem:
            self._errors.extend(problem.diagnostics)
            return ()

    def _conditions(self, changes: Iterable[Change]) -> Verdicts:
        """What checks say of the plan; nothing of a plan that is wrong, or of a part of the configuration only."""
        if self._broken or self._errors or self._targets:
            return Verdicts()
        return verdicts(self._config, self._providers, self._hooks, changes)
