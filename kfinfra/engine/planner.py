"""The planner: refreshed state and configuration to a plan. Calls no provider but to read and to resolve local content."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from kfinfra.config.configuration import BlockKey, Configuration
from kfinfra.config.imports import Import
from kfinfra.config.instances import as_planned
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error
from kfinfra.engine.checks import Verdicts, verdicts
from kfinfra.engine.data import read_later, read_now, why_later
from kfinfra.engine.digests import keyed_digest
from kfinfra.engine.hooks import Hooks
from kfinfra.engine.importing import Importer
from kfinfra.engine.moves import forgotten, rebind, relocated, still_there
from kfinfra.engine.providers import ProviderSet
from kfinfra.engine.refresh import refresh
from kfinfra.engine.replacing import collisions, spread
from kfinfra.model.address import Address, Target
from kfinfra.model.data import PREFIX
from kfinfra.model.plain import UNKNOWN, Path, Plain, at_path, is_known
from kfinfra.model.ports import DetailLine
from kfinfra.model.resource import Desired, Lifecycle, Resource
from kfinfra.model.schema import ResourceType
from kfinfra.plan.change import Action, Change, Mode, OutputChange, Plan
from kfinfra.plan.diff import diff, drift
from kfinfra.state.document import State


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
        self._targets = [_target(t) for t in request.targets]
        self._replace = [_parse(t, "-replace") for t in request.replace]
        self.observed: dict[Address, Resource | None] = {}
        self._read: list[Change] = []

    @property
    def previous(self) -> Mapping[Address, Address]:
        """Where each moved object was before."""
        return self._rebound.previous

    def plan(self) -> Plan:
        """The plan. Raises DiagnosticError with everything that is wrong."""
        self._look()
        drifted = tuple(sorted(self._drift(), key=lambda c: c.address))
        mode = self._request.mode
        found = Verdicts()
        if mode is Mode.NORMAL:
            changes = self._normal()
            found = self._conditions(changes)
            outputs = self._outputs()
            self._errors.extend(found.errors)
        else:
            changes = [] if mode is Mode.REFRESH_ONLY else self._destroy()
            outputs = self._no_outputs() if mode is Mode.DESTROY else ()
        self._check(changes)
        changes = spread(changes)
        self._errors.extend(collisions(changes, self._types))
        changes = relocated(changes, self._rebound, self.observed, targeted=bool(self._targets), errors=self._errors)
        if self._errors:
            raise DiagnosticError(sorted(dict.fromkeys(self._errors), key=Diagnostic.order))
        return Plan(
            mode,
            tuple(sorted(changes, key=lambda c: c.address)),
            drifted,
            outputs,
            self._state.lineage,
            self._state.serial,
            self._config.digest,
            {},
            (*self._config.warnings, *self._rebound.warnings, *forgotten(changes)),
            self._request.targets,
            self._request.replace,
            tuple(sorted(self._read, key=lambda c: c.address)),
            checks=found.checked,
            check_warnings=found.warnings,
        )

    def _look(self) -> None:
        if self._request.refresh and self._state.resources:
            found = refresh(self._state, self._state.resources.values(), self._types, self._providers, self._hooks)
            self.observed = dict(found.resources)
        else:
            self.observed = {a: r.resource() for a, r in self._state.resources.items()}

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
        included = self._included()
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
                changes.extend(self._data(block, instances, included, changes))
                wanted |= {d.address for d in instances}
                continue
            chosen = {d.address for d in instances if not self._outside(d.address, included)}
            self.observed |= importer.look([d for d in instances if d.address in chosen])
            for desired in instances:
                wanted.add(desired.address)
                changes.extend(importer.marked(c) for c in self._instance(desired, desired.address in chosen))
        self._check_targets(wanted)
        self._errors.extend(
            [*importer.problems, *importer.left_over(lambda a: BlockKey.of(a) in self._broken or self._outside(a, included))]
        )
        self._errors.extend(still_there(wanted, self._config.refactoring))
        for address in self._state.resources.keys() - wanted:
            if BlockKey.of(address) in self._broken or (included is not None and not self._targeted(address)):
                continue
            observed = self.observed.get(address)
            if observed is not None:
                changes.append(self._deletion(address, observed, self._why_deleted(address)))
                self._check_prevented(changes[-1])
        return changes

    def _included(self) -> Mapping[BlockKey, set[Target]] | None:
        """With targets: the blocks that what they name depends on, each with the modules that are meant. None without."""
        if not self._targets:
            return None
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

    def _outside(self, address: Address, included: Mapping[BlockKey, set[Target]] | None) -> bool:
        """Whether no target reaches `address`."""
        if included is None or self._targeted(address):
            return False
        return not any(place.contains(address) for place in included.get(BlockKey.of(address), ()))

    def _data(
        self,
        block: BlockKey,
        instances: Sequence[Desired],
        included: Mapping[BlockKey, set[Target]] | None,
        changes: Iterable[Change],
    ) -> list[Change]:
        """Reads a data block's instances now, or has them read later: then there are changes."""
        instances = [d for d in instances if not self._outside(d.address, included)]
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

    def _targeted(self, address: Address) -> bool:
        return any(t.contains(address) for t in self._targets)

    def _instance(self, desired: Desired, included: bool) -> Iterable[Change]:
        address = desired.address
        observed = self.observed.get(address)
        if not included:
            self._config.settle(observed or as_planned(desired, self._types[address.type]))
            return
        try:
            change = self._diffed(desired, observed)
        except DiagnosticError as problem:
            self._errors.extend(d.at(desired.span, str(address)) for d in problem.diagnostics)
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
        if any(r.contains(address) for r in self._replace):
            forced = "replace_by_request"
        change = diff(resolved, observed, self._types[address.type], desired.provider, forced=forced)
        if change.action.replaces:
            self._errors.extend(_refused(change, desired.lifecycle))
        return self._with_details(change)

    def _triggered(self, address: Address, wanted: Address, path: Path) -> bool:
        """Whether a change of what is `wanted`, in the same module, has the object at `address` replaced."""
        beside = replace(wanted, module=address.module)
        if (beside, path) not in self._verdicts:
            planned = self._planned[BlockKey.of(beside)]
            named = planned.values() if beside.key is None else [planned[beside]] if beside in planned else []
            self._verdicts[beside, path] = any(_triggers(change, path) for change in named)
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
        self._check_targets(set())
        kept = self._needed_by_none() if self._targets else None
        for address, observed in self.observed.items():
            if observed is not None and (kept is None or address in kept):
                changes.append(self._deletion(address, observed, ""))
                self._check_prevented(changes[-1])
        return changes

    def _needed_by_none(self) -> set[Address]:
        """With targets, a destroy takes what depends on them along."""
        chosen = {a for a in self._state.resources if self._targeted(a)}
        grown = True
        while grown:
            more = {a for a, r in self._state.resources.items() if r.dependencies & chosen} - chosen
            chosen |= more
            grown = bool(more)
        return chosen

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
        self._errors.extend(_refused(replace(change, span=declared.span), lifecycle))

    def _check(self, changes: list[Change]) -> None:
        for target in self._replace:
            if not any(target.contains(c.address) for c in changes):
                self._errors.append(error("Nothing to replace", f"-replace={target} names no resource of this configuration."))

    def _check_targets(self, wanted: set[Address]) -> None:
        known = wanted | self._state.resources.keys()
        for target in self._targets:
            broken = any(_may_name(target, block) for block in self._broken)
            if not broken and not any(target.contains(a) for a in known):
                names = {str(a.resource) for a in known} | {a.module_text.rstrip(".") for a in known if a.module}
                detail = f"-target={target} names nothing of this configuration or its state."
                self._errors.append(error("Unknown target", detail + did_you_mean(str(target), names)))

    def _outputs(self) -> tuple[OutputChange, ...]:
        if self._broken or self._errors:
            return ()
        try:
            new = self._config.outputs()
        except DiagnosticError as problem:
            self._errors.extend(problem.diagnostics)
            return ()
        out = []
        for name in sorted(new.keys() | self._state.outputs.keys()):
            old = self._state.outputs.get(name)
            value, sensitive = new.get(name, (None, False))
            out.append(_output(name, old.value if old else None, old is not None, value, name in new, sensitive))
        return tuple(out)

    def _conditions(self, changes: Iterable[Change]) -> Verdicts:
        """What checks say of the plan; nothing of a plan that is wrong, or of a part of the configuration only."""
        if self._broken or self._errors or self._targets:
            return Verdicts()
        return verdicts(self._config, self._providers, self._hooks, changes)

    def _no_outputs(self) -> tuple[OutputChange, ...]:
        return tuple(OutputChange(n, Action.DELETE, o.value, None, o.sensitive) for n, o in sorted(self._state.outputs.items()))


def _output(name: str, old: Plain, had: bool, new: Plain, has: bool, sensitive: bool) -> OutputChange:
    if not has:
        action = Action.DELETE
    elif not had:
        action = Action.CREATE
    elif sensitive:
        action = Action.NOOP if is_known(new) else Action.UPDATE
    else:
        action = Action.NOOP if old == new else Action.UPDATE
    return OutputChange(name, action, old, new, sensitive)


def with_digests(desired: Desired, key: str) -> Desired:
    """The desired resource with the keyed digests of its write-only values."""
    digests = {name: keyed_digest(key, value) for name, value in desired.secrets.items()}
    return replace(desired, resource=replace(desired.resource, write_only=digests))


def masked(lines: Iterable[DetailLine], change: Change) -> Iterable[DetailLine]:
    """The lines with every sensitive value of the change hidden: a provider does not know which are."""
    hidden: set[str] = set()
    for side in (change.before, change.after):
        for path in change.sensitive if side is not None else ():
            hidden |= _texts(at_path(dict(side or {}), path))
    for line in lines:
        text = line.text
        for value in sorted(hidden, key=len, reverse=True):
            text = text.replace(value, "(sensitive value)")
        yield replace(line, text=text)


def _texts(value: Plain) -> set[str]:
    """How the leaves of a value may stand in a line; what is shorter than three characters is no secret."""
    if isinstance(value, dict | list):
        inside = value.values() if isinstance(value, dict) else value
        return {text for v in inside for text in _texts(v)}
    text = "" if value is None or isinstance(value, bool) or value is UNKNOWN else str(value)
    return {t for t in (text, json.dumps(text)[1:-1]) if len(t) > 2}


def _target(text: str) -> Target:
    try:
        return Target.parse(text)
    except ValueError as problem:
        raise DiagnosticError(error("Invalid -target address", f"{problem}.")) from problem


def _may_name(target: Target, block: BlockKey) -> bool:
    """Whether an instance of the block can be among what the target names."""
    names = tuple(name for name, _ in target.module)
    if target.resource is None:
        return block.module[: len(names)] == names
    return BlockKey.of(target.resource) == block


def _parse(text: str, flag: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as problem:
        raise DiagnosticError(error(f"Invalid {flag} address", f"{problem}.")) from problem


def _refused(change: Change, lifecycle: Lifecycle) -> Iterable[Diagnostic]:
    """Why an object cannot be destroyed, or replaced, as is planned."""
    place, address = change.span, str(change.address)
    if lifecycle.prevent_destroy is None:
        detail = f"{address} would be destroyed, and whether its lifecycle.prevent_destroy forbids that is not known yet."
        yield error("Unknown prevent_destroy", detail, place, address=address, hint="make it of variables and locals only")
    if lifecycle.create_before_destroy is None and change.action.replaces:
        detail = f"{address} must be replaced, and the value of its lifecycle.create_before_destroy is not known yet."
        yield error("Unknown create_before_destroy", detail, place, address=address, hint="make it of variables and locals only")
    if not lifecycle.prevent_destroy:
        return
    because = ", ".join(sorted({str(d.path[0]) for d in change.differences if d.replaces}))
    why = f" (changing {because} forces a replacement)" if because else ""
    yield error(
        "Instance cannot be destroyed",
        f"{address} has lifecycle.prevent_destroy set, but this plan would destroy it{why}.",
        place,
        address=address,
        hint="remove prevent_destroy, or exclude it with -target",
    )


def _triggers(change: Change, path: Path) -> bool:
    """Whether a planned change has what names it in `replace_triggered_by` replaced.

    A whole object's update or replacement does, its making does not; of an attribute it is the value that counts
    (internal/terraform, context_plan.go and eval_context_builtin.go, EvaluateReplaceTriggeredBy).
    """
    if not path:
        return change.action.replaces or change.action is Action.UPDATE
    if path[0] in change.write_only:
        return True
    return at_path(dict(change.before or {}), path) != at_path(dict(change.after or {}), path)


__all__ = ["Planner", "Request", "with_digests"]
