"""The configuration as a whole: loaded, ordered, and asked block by block for what it wants.

The planner walks `order`, asks for each block's instances and settles what it plans for them; so a later block sees the
earlier one's planned values. The executor does the same with what was really made.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from kfinfra.config.bodies import decode_body
from kfinfra.config.checkblocks import CheckInstance, check_instances
from kfinfra.config.conditions import failed_postconditions
from kfinfra.config.dependencies import Dependencies
from kfinfra.config.evaluation import Evaluation, Instance
from kfinfra.config.imports import Imports, read_imports
from kfinfra.config.instances import Meta, desired_instance, read_meta
from kfinfra.config.judging import judged_instance, judged_outputs, variable_problems
from kfinfra.config.keys import BlockKey, ModulePath
from kfinfra.config.lookups import Lookups
from kfinfra.config.module import Declared, Module
from kfinfra.config.outputs import marked
from kfinfra.config.places import path_text
from kfinfra.config.refactoring import Refactoring
from kfinfra.config.repetition import Repetition, repetition
from kfinfra.config.sampling import problems_of_blocks, problems_of_modules, sample_of
from kfinfra.config.settings import Settings
from kfinfra.config.tree import Node
from kfinfra.config.uses import Use
from kfinfra.config.variables import Variables, is_flagged
from kfinfra.diag import Diagnostic, DiagnosticError, Severity, error
from kfinfra.hcl.evaluate import Scope
from kfinfra.hcl.nodes import Expr
from kfinfra.model.address import Address, Key
from kfinfra.model.checks import Checked
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.resource import Desired, Lifecycle, Resource
from kfinfra.model.schema import ProviderType, ResourceType
from kfinfra.values.codec import to_data
from kfinfra.values.data import ObjectValue, Unknown, Value

__all__ = ["BlockKey", "Configuration"]


@dataclass
class Configuration:
    """A loaded root module and all that it calls. What is settled changes it, nothing else; calls are serialized by a lock.

    `module` is the root module, `tree` its node among all modules.
    """

    tree: Node
    types: Mapping[str, ResourceType]
    provider_types: Mapping[str, ProviderType]
    evaluation: Evaluation
    variables: Variables
    settings: Settings
    digest: str
    depends: Dependencies
    warnings: list[Diagnostic]
    refactoring: Refactoring = field(default_factory=Refactoring)
    _repeated: dict[tuple[Instance, BlockKey], Repetition] = field(default_factory=dict)
    _made: dict[BlockKey, dict[Instance, list[Address]]] = field(default_factory=dict)
    _grouped: dict[tuple[BlockKey, int], dict[Instance, frozenset[Address]]] = field(default_factory=dict)
    _unions: dict[tuple[tuple[BlockKey, Instance], ...], frozenset[Address]] = field(default_factory=dict)
    _metas: dict[BlockKey, Meta] = field(default_factory=dict)
    _lookups: Lookups = field(init=False)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self) -> None:
        self._lookups = Lookups(block.type for block in self.depends.order)

    @property
    def module(self) -> Module:
        """The root module."""
        return self.tree.module

    @property
    def order(self) -> list[BlockKey]:
        """All resource blocks, each after those that it refers to."""
        return self.depends.order

    @property
    def edges(self) -> Mapping[BlockKey, frozenset[BlockKey]]:
        """The resource blocks that each block refers to, through locals, variables and outputs too."""
        return self.depends.edges

    def declared(self, block: BlockKey) -> Declared | None:
        """The block of that name, None where there is none."""
        node = self.tree.at(block.module)
        return node.module.block((block.type, block.name)) if node is not None else None

    def meta(self, block: BlockKey) -> Meta:
        """The block's meta-arguments; its provider by the key that it has in the root module. Raises DiagnosticError."""
        if block not in self._metas:
            node, declared = self.tree.at(block.module), self.declared(block)
            assert node is not None and declared is not None
            self._metas[block] = read_meta(declared, self.types[block.type], node.providers, self.types)
        return self._metas[block]

    def lifecycle(self, address: Address) -> Lifecycle:
        """What the block of an object that state has says of it, also where it is no longer among the block's instances."""
        return self.meta(BlockKey.of(address)).lifecycle.of(lambda expr: self._of_object(address, expr))

    def timeouts(self, address: Address) -> Mapping[str, float] | None:
        """How long operations on an object that state has may take; None where no block says so any more.

        Raises DiagnosticError.
        """
        if self.declared(BlockKey.of(address)) is None:
            return None
        return self.meta(BlockKey.of(address)).timeouts.of(lambda expr: self._of_object(address, expr))

    def _of_object(self, address: Address, expr: Expr) -> Value:
        """The value of an expression in the block of an object that may be no longer among the block's instances."""
        with self._lock:
            declared = self.declared(BlockKey.of(address))
            assert declared is not None
            if not self.has_module(address.module):
                return Unknown()
            key = address.key
            extra: Mapping[str, Value] = {"count": ObjectValue({"index": key})} if isinstance(key, int) else {}
            if isinstance(key, str):
                extra = {"each": ObjectValue({"key": key, "value": Unknown()})}
            return self._scope(address.module).evaluate(expr, declared.source, extra)

    def has_conditions(self, address: Address) -> bool:
        """Whether the block of `address` has preconditions or postconditions."""
        return bool(self.meta(BlockKey.of(address)).lifecycle.conditions)

    def has_postconditions(self, block: BlockKey) -> bool:
        """Whether the block has some."""
        return bool(self.meta(block).lifecycle.conditions.after)

    def check_after(self, address: Address) -> list[Diagnostic]:
        """The postconditions of an instance that do not hold of what it is now, as it was settled."""
        with self._lock:
            conditions = self.meta(BlockKey.of(address)).lifecycle.conditions
            if not conditions.after:
                return []
            return [d.at(None, str(address)) for d in failed_postconditions(conditions, self._names(address, itself=True))]

    def _names(self, address: Address, itself: bool = False) -> Scope:
        """The names that an instance's expressions see; `itself`: what it is now too, as `self`."""
        declared, scope = self.declared(BlockKey.of(address)), self._scope(address.module)
        assert declared is not None
        itself_ = {"self": scope.settled(address)} if itself else {}
        return scope.scope(declared.source, {**self._extra(address), **itself_})

    def _extra(self, address: Address) -> Mapping[str, Value]:
        """What an instance sees as `each` or `count`, with what is known by now."""
        block = BlockKey.of(address)
        repeated, declared = self._repeated[address.module, block], self.declared(block)
        if not repeated.is_known and declared is not None:
            repeated = repetition(declared, self._scope(address.module))
        return repeated.extra[address.key]

    def instances(self, block: BlockKey) -> list[Desired]:
        """The block's desired instances, in all instances of its module. Raises DiagnosticError with all that is wrong."""
        with self._lock:
            declared = self.declared(block)
            assert declared is not None
            found: list[Diagnostic] = []
            try:
                meta = self.meta(block)
            except DiagnosticError as problem:  # what is wrong with the rest is told as well
                found.extend(problem.diagnostics)
                meta = Meta(self.types[block.type].provider)
            out: list[Desired] = []
            self._made[block] = {}
            if self._grouped:
                for depth in range(len(block.module) + 1):
                    self._grouped.pop((block, depth), None)
            self._unions.clear()
            self.evaluation.forget()
            for scope in list(self.evaluation.instances(block.module)):
                try:
                    repeated = repetition(declared, scope)
                except DiagnosticError as problem:
                    found.extend(d.at(None, scope.address.rstrip(".") or None) for d in problem.diagnostics)
                    continue
                scope.repeat((block.type, block.name), repeated)
                self._repeated[scope.path, block] = repeated
                addresses = self._made[block][scope.path] = []
                for key, extra in repeated.extra.items():
                    address = block.address(key, scope.path)
                    addresses.append(address)
                    desired, diagnostics = self._one(block, declared, address, scope, extra, meta)
                    out.append(desired)
                    found.extend(diagnostics)
                    if block.type in self._lookups.types:
                        found.extend(self._lookups.told(desired))
            if found:
                self._report(found)
            return out

    def instance(self, address: Address) -> Desired:
        """One instance again, with what is known by now."""
        with self._lock:
            block = BlockKey.of(address)
            declared, scope = self.declared(block), self._scope(address.module)
            assert declared is not None
            desired, diagnostics = self._one(block, declared, address, scope, self._extra(address), self.meta(block))
            self._report([d for d in diagnostics if d.severity is Severity.ERROR])
            return desired

    def repeats(self, address: Address) -> str | None:
        """How the block of `address` repeats (`count`, `for_each`, or `` for once), None where there is no such block."""
        return _how(self.declared(BlockKey.of(address)))

    def call_repeats(self, path: ModulePath) -> str | None:
        """The same of the module call at `path`."""
        node = self.tree.at(path)
        return _how(node.call) if node is not None else None

    def has_module(self, path: Instance) -> bool:
        """Whether the module instance is one of the configuration's, as far as it has been worked out."""
        scope = self.evaluation
        for name, key in path:
            if name not in scope.module.calls or key not in scope.repetition(name).extra:
                return False
            scope = scope.child(name, key)
        return True

    def imports(self) -> Imports:
        """The objects that import blocks want taken over."""
        with self._lock:
            return read_imports(self.module.imports, self.evaluation, self.types)

    def settle(self, resource: Resource, final: bool = False) -> None:
        """Makes `resource` what references to it give; `final`: after it was made, so what was worked out before is dropped."""
        with self._lock:
            self.evaluation.settle(resource)
            if final:
                self.evaluation.forget()

    def restore(self, resource: Resource, how: str) -> None:
        """Settles an object that is known before its block was asked for; `how` is how that block repeats (see `repeats`)."""
        with self._lock:
            address = resource.address
            self.evaluation.common.repeated[address.module, *address.block] = how
            self.evaluation.settle(resource)

    def settle_all(self) -> None:
        """Drops what names were found to be, so that everything is worked out from what is settled now."""
        with self._lock:
            self.evaluation.forget(everything=True)

    def outputs(self) -> dict[str, tuple[Plain, bool]]:
        """Each output's value and whether it is sensitive; the modules' variables and outputs are looked at too.

        Raises DiagnosticError.
        """
        out, problems = self.outputs_given()
        if problems:
            raise DiagnosticError(problems)
        return out

    def outputs_given(self) -> tuple[dict[str, tuple[Plain, bool]], tuple[Diagnostic, ...]]:
        """The outputs that have a value, and what is wrong with the others."""
        with self._lock:
            self.evaluation.forget()
            problems, _ = variable_problems(self.module, self.variables, self.evaluation)
            for node in self.tree.walk():
                problems.extend(self._module_problems(node))
            out: dict[str, tuple[Plain, bool]] = {}
            for name, block in self.module.outputs.items():
                try:
                    out[name] = self._output(name, block)
                except DiagnosticError as problem:
                    whole = block.source.span(block.block.start, block.block.end)
                    problems.extend(d.inside(f'output "{name}"', whole) for d in problem.diagnostics)
            return out, tuple(dict.fromkeys(problems))

    def judged(self) -> list[Checked]:
        """How the conditions of outputs and of resources come out, of each that has some. Raises DiagnosticError."""
        with self._lock:
            out = list(judged_outputs(self.tree, self.evaluation))
            for block in self.order:
                conditions = self.meta(block).lifecycle.conditions
                for addresses in self._made.get(block, {}).values() if conditions else ():
                    for address in addresses:
                        before, after = self._names(address), self._names(address, itself=True)
                        out.append(judged_instance(address, conditions, before, after))
            return out

    def unmade(self, besides: Collection[BlockKey] = (), told: Iterable[Diagnostic] = ()) -> list[Diagnostic]:
        """What is wrong with blocks that have no instance, those of `besides` among them, and with modules that have none.

        What was `told` already is left out.
        """
        with self._lock:
            blocks = [b for b in self.order if b in besides or not any(self._made.get(b, {}).values())]
            empty = {n.path for n in self.tree.walk() if n.path and not self._has_instances(n.path)}
            if not blocks and not empty:
                return []
            root = sample_of(self.evaluation)
            named = ((b, d) for b in blocks if (d := self.declared(b)) is not None)
            found = [*problems_of_blocks(root, named, self.types, self.meta), *problems_of_modules(root, empty)]
            known = {(d.summary, d.detail, d.span) for d in told}
            errors = (d for d in dict.fromkeys(found) if d.severity is Severity.ERROR)
            return [d for d in errors if (d.summary, d.detail, d.span) not in known]

    def _has_instances(self, path: ModulePath) -> bool:
        try:
            return next(iter(self.evaluation.instances(path)), None) is not None
        except DiagnosticError:
            return False

    def checks(self) -> tuple[list[CheckInstance], list[Diagnostic]]:
        """The check blocks in all instances of their modules, and what is wrong with their data sources."""
        with self._lock:
            self.evaluation.forget()
            found: list[Diagnostic] = []
            return list(check_instances(self.tree, self.evaluation, self._scoped, found)), found

    def _scoped(self, declared: Declared, address: Address, scope: Evaluation) -> Desired:
        kind, meta = self.types[address.block[0]], self.meta(BlockKey.of(address))
        desired, found = desired_instance(declared, kind, address, {}, scope, meta, frozenset())
        self._report(found)
        return desired

    def provider_attributes(self, key: str) -> Attributes:
        """A provider block's attributes, empty where there is no block. Raises DiagnosticError."""
        with self._lock:
            declared = self.module.providers.get(key)
            if declared is None:
                return {}
            schema = self.provider_types[key.split(".")[0]]
            scope = self.evaluation.scope(declared.source)
            decoded = decode_body(declared, schema.attributes, {}, scope, frozenset({"alias"}), kept=False)
            if decoded.diagnostics:
                raise DiagnosticError(decoded.diagnostics)
            return decoded.attributes

    def _scope(self, path: Instance) -> Evaluation:
        scope = self.evaluation
        for name, key in path:
            scope = scope.child(name, key)
        return scope

    def _before(self, block: BlockKey, scope: Evaluation, extra: Mapping[str, Value]) -> frozenset[Address]:
        """The instances that one of the block's uses: those beside it in its module, those chosen by a key, or all."""
        uses = self.depends.uses[block]
        if not uses:
            return frozenset()
        whole: list[tuple[BlockKey, Instance]] = []
        chosen: set[Address] = set()
        for use in uses:
            key = self._chosen_key(use, scope, extra)
            for wanted, depth in use.blocks.items():
                if key is None:
                    whole.append((wanted, scope.path[:depth]))
                elif use.reference.call:
                    inside = (*scope.path, (use.reference.call, key))
                    whole.append((wanted, inside if depth > len(scope.path) else scope.path[:depth]))
                elif wanted == use.reference.wanted:
                    chosen.add(wanted.address(key, scope.path))
                else:
                    whole.append((wanted, scope.path[:depth]))
        return self._union(tuple(whole)) | chosen

    def _chosen_key(self, use: Use, scope: Evaluation, extra: Mapping[str, Value]) -> Key:
        """The key that a reference chooses an instance by; None for all, and where it cannot be told (yet)."""
        reference, choice = use.reference, use.reference.choice
        if choice is None:
            return None
        try:
            value = choice if isinstance(choice, int | str) else scope.evaluate(choice, reference.source, extra)
            key = value if isinstance(value, int | str) and not isinstance(value, bool) else None
            if reference.call:
                return key if key in scope.repetition(reference.call).extra else None
        except DiagnosticError:
            return None  # the block itself tells what is wrong with it
        made = self._repeated.get((scope.path, reference.wanted)) if isinstance(reference.wanted, BlockKey) else None
        return key if made is not None and key in made.extra else None

    def _union(self, wanted: tuple[tuple[BlockKey, Instance], ...]) -> frozenset[Address]:
        if wanted not in self._unions:
            groups = (self._group(b, len(common)).get(common, frozenset()) for b, common in wanted)
            self._unions[wanted] = frozenset[Address]().union(*groups)
        return self._unions[wanted]

    def _group(self, block: BlockKey, depth: int) -> dict[Instance, frozenset[Address]]:
        """The block's instances by the first `depth` modules that they lie in."""
        if (block, depth) not in self._grouped:
            found: dict[Instance, list[Address]] = {}
            for path, addresses in self._made.get(block, {}).items():
                found.setdefault(path[:depth], []).extend(addresses)
            self._grouped[block, depth] = {path: frozenset(addresses) for path, addresses in found.items()}
        return self._grouped[block, depth]

    def _one(
        self,
        block: BlockKey,
        declared: Declared,
        address: Address,
        scope: Evaluation,
        extra: Mapping[str, Value],
        meta: Meta,
    ) -> tuple[Desired, list[Diagnostic]]:
        before = self._before(block, scope, extra)
        return desired_instance(declared, self.types[block.type], address, extra, scope, meta, before)

    def _report(self, found: list[Diagnostic]) -> None:
        errors = [d for d in found if d.severity is Severity.ERROR]
        if errors:
            raise DiagnosticError(errors)
        self.warnings.extend(d for d in found if d not in self.warnings)

    def _module_problems(self, node: Node) -> Iterable[Diagnostic]:
        """What is wrong with the values of a module's variables, locals and outputs, in all its instances."""
        try:
            scopes = list(self.evaluation.instances(node.path))
        except DiagnosticError as problem:
            yield from problem.diagnostics
            return
        for scope in scopes:
            asked = [(scope.local, name) for name in node.module.locals if name not in scope.known["local"]]
            if node.call is not None:
                asked += [(scope.variable, name) for name in node.module.variables if name not in scope.known["var"]]
                asked += [(scope.output, name) for name in node.module.outputs]
            for ask, name in asked:
                try:
                    ask(name)
                except DiagnosticError as problem:
                    yield from problem.diagnostics

    def _output(self, name: str, block: Declared) -> tuple[Plain, bool]:
        value = block.attribute("value")
        if value is None:
            raise DiagnosticError(error("Missing required argument", f'The output "{name}" needs a value.', block.span))
        self.evaluation.require(name)
        found = marked(block, self.evaluation.evaluate(value.expr, block.source), value.expr)
        data, hidden = to_data(found, UNKNOWN)
        sensitive = is_flagged(block, "sensitive")
        if hidden and not sensitive:
            part = path_text(min(hidden, key=str))
            where = f" ({part})" if part else ""
            detail = f'The output "{name}" holds a sensitive value{where}, and is not marked as such.'
            hint = "write sensitive = true, or nonsensitive(…) around what may be shown"
            raise DiagnosticError(error("Output refers to sensitive values", detail, block.expr_span(value.expr), hint=hint))
        return data, sensitive


def _how(declared: Declared | None) -> str | None:
    if declared is None:
        return None
    return next((name for name in ("count", "for_each") if declared.attribute(name) is not None), "")
