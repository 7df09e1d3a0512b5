"""Values of names, module instance by module instance: variables, locals, outputs, resources. Lazy, and remembered.

A resource's value comes from `settle`: the planner settles what it plans, the executor what it has made. That nothing refers
to itself is known before (`dependencies`), so that nothing here looks out for cycles.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import cast

from kfinfra.config.conditions import within
from kfinfra.config.keys import ModulePath
from kfinfra.config.module import Module
from kfinfra.config.outputs import FAILED, marked, preconditions
from kfinfra.config.places import places
from kfinfra.config.repetition import Repetition, repetition, sampled
from kfinfra.config.scope import NameScope
from kfinfra.config.tree import Node
from kfinfra.config.variables import Declaration, declaration, judged
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, Span, error
from kfinfra.hcl.evaluate import Names, evaluate, typed
from kfinfra.hcl.functions.clock import Clock
from kfinfra.hcl.functions.function import Function
from kfinfra.hcl.nodes import Expr
from kfinfra.model.address import Address, Key, key_text
from kfinfra.model.checks import OUTPUT, Status, together
from kfinfra.model.plain import UNKNOWN, Attributes
from kfinfra.model.resource import Resource
from kfinfra.values.codec import from_data
from kfinfra.values.data import SENSITIVE, Marked, ObjectValue, ResourceValue, TupleValue, Unknown, Value
from kfinfra.values.marks import wholly_known

Instance = tuple[tuple[str, Key], ...]
"""A module instance: the calls on the way from the root, each with its key."""

Place = tuple[Instance, str, str]


class Settled(Mapping[str, Value]):
    """A resource's attributes as values, each made when it is asked for: few are. Those in `hidden` are sensitive."""

    __slots__ = ("_data", "_hidden", "_made")

    def __init__(self, data: Attributes, hidden: Collection[str | int]) -> None:
        self._data, self._hidden = data, hidden
        self._made: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._made:
            value = from_data(self._data[name], UNKNOWN)
            self._made[name] = Marked(value, frozenset({SENSITIVE})) if name in self._hidden else value
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._data

    def __iter__(self) -> Iterator[str]:
        return iter(self._data)

    def __len__(self) -> int:
        return len(self._data)


@dataclass
class Common:
    """What all module instances share: functions, and what has been worked out so far."""

    functions: Mapping[str, Function]
    types: frozenset[str]
    workspace: str = "default"
    clock: Clock = field(default_factory=Clock)
    values: dict[tuple[Instance, str], dict[str, Value]] = field(default_factory=lambda: defaultdict(dict))
    unsettled: set[Place] = field(default_factory=set)
    repetitions: dict[tuple[Instance, str], Repetition] = field(default_factory=dict)
    unsure: set[tuple[Instance, str]] = field(default_factory=set)
    declarations: dict[tuple[int, str], Declaration] = field(default_factory=dict)
    """Those of each module (by its id), however many calls it has."""
    resources: dict[Place, dict[Key, ResourceValue]] = field(default_factory=dict)
    wholes: dict[Place, Value] = field(default_factory=dict)
    repeated: dict[Place, str] = field(default_factory=dict)
    scopes: dict[Instance, Evaluation] = field(default_factory=dict)
    sampling: bool = False
    """Nothing is known of what varies: variables, what repeats, and each instance's key."""


@dataclass
class Evaluation:
    """One module instance's names and what they stand for. `extra` is what its call sees as `each` or `count`."""

    node: Node
    common: Common
    variables: Mapping[str, Value]
    path: Instance = ()
    parent: Evaluation | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)
    known: Names = field(init=False)
    """The variables (`var`) and locals (`local`) that have been worked out."""
    _plain: dict[SourceText, NameScope] = field(default_factory=dict)

    def __post_init__(self) -> None:
        arguments = self.variables if self.parent is None else self.common.values[self.path, "var"]
        self.known = {"local": self.common.values[self.path, "local"], "var": arguments}

    @property
    def module(self) -> Module:
        """What the module declares."""
        return self.node.module

    @property
    def functions(self) -> Mapping[str, Function]:
        """The functions that can be called."""
        return self.common.functions

    @property
    def address(self) -> str:
        """The instance's address with its closing dot, empty for the root."""
        return "".join(f"module.{name}{key_text(key)}." for name, key in self.path)

    def settle(self, resource: Resource) -> None:
        """Makes `resource`, of whatever module, what references to its address give from now on."""
        address = resource.address
        hidden = {path[0] for path in resource.sensitive if path} if resource.sensitive else frozenset[str | int]()
        items = Settled(resource.attributes, hidden)
        place = (address.module, *address.block)
        self.common.resources.setdefault(place, {})[address.key] = ResourceValue(items, address.type, str(address))
        if self.common.repeated.get(place) != "for_each":
            self.common.wholes.pop(place, None)

    def settled(self, address: Address) -> Value:
        """What references to one instance give."""
        return self.common.resources[address.module, *address.block][address.key]

    def repeat(self, block: tuple[str, str], repeated: Repetition) -> None:
        """Says how a block repeats. Its instances are settled one by one; what state had besides them is none."""
        place = (self.path, *block)
        self.common.repeated[place] = repeated.how
        self.common.wholes.pop(place, None)
        settled = self.common.resources.setdefault(place, {})
        for key in settled.keys() - repeated.extra.keys():
            del settled[key]

    def evaluate(self, expr: Expr, source: SourceText, extra: Mapping[str, Value] | None = None) -> Value:
        """The value of `expr`; `extra` are further root names (`each`, `count`, `self`)."""
        return evaluate(expr, self.scope(source, extra), source)

    def typed(self, expr: Expr, source: SourceText, extra: Mapping[str, Value] | None = None) -> Value:
        """The value of `expr` as other expressions see it, its nulls with their types."""
        return typed(expr, self.scope(source, extra), source)

    def scope(self, source: SourceText, extra: Mapping[str, Value] | None = None) -> NameScope:
        """The names that expressions of `source` see."""
        if extra:
            known = dict(self.known)
            for root, value in extra.items():
                known.pop(root, None)
                if type(value) is ObjectValue:  # each, count
                    known[root] = value.items
            return NameScope(self, source, self.common.functions, extra, known)
        if source not in self._plain:
            self._plain[source] = NameScope(self, source, self.common.functions, {}, self.known)
        return self._plain[source]

    def instances(self, module: ModulePath) -> Iterator[Evaluation]:
        """The instances of the module at `module` beneath this one. Raises DiagnosticError where a call cannot be repeated."""
        if not module:
            yield self
            return
        for key in self.repetition(module[0]).extra:
            yield from self.child(module[0], key).instances(module[1:])

    def child(self, name: str, key: Key) -> Evaluation:
        """One instance of a module that is called here."""
        path = (*self.path, (name, key))
        if path not in self.common.scopes:
            extra = self.repetition(name).extra[key]
            self.common.scopes[path] = Evaluation(self.node.children[name], self.common, {}, path, self, extra)
        return self.common.scopes[path]

    def repetition(self, name: str) -> Repetition:
        """How the call of module `name` repeats. Raises DiagnosticError."""
        known = self.common.repetitions.get((self.path, name))
        if known is None:
            call = self.module.calls[name]
            known = sampled(call) if self.common.sampling else repetition(call, self)
            self.common.repetitions[self.path, name] = known
            if not known.is_known:
                self.common.unsure.add((self.path, name))
        return known

    def local(self, name: str) -> Value:
        """A local's value."""
        return self._remembered("local", name, lambda: self._local(name))

    def _local(self, name: str) -> Value:
        local = self.module.locals[name]
        try:
            return self.typed(local.attribute.expr, local.source)
        except DiagnosticError as problem:
            whole = local.source.span(local.attribute.start, local.attribute.end)
            raise DiagnosticError([d.inside("locals", whole) for d in problem.diagnostics]) from problem

    def variable(self, name: str) -> Value:
        """A variable's value: the root's are given, others are what the call writes."""
        if self.common.sampling:
            return self._declaration(name).unknown()
        return self.variables[name] if self.parent is None else self._remembered("var", name, lambda: self._argument(name))

    def taken(self, name: str) -> tuple[Value, Span]:
        """What a call gives a variable, and where that is written. No rule is asked. Raises DiagnosticError."""
        call, parent, declared = self.node.call, self.parent, self._declaration(name)
        assert call is not None and parent is not None
        argument = call.attribute(name)
        if argument is None:
            return declared.without(self.functions), call.span
        span, parts = call.expr_span(argument.expr), partial(places, argument.expr, (), call.source)
        return declared.take(parent.typed(argument.expr, call.source, self.extra), span, self.functions, parts), span

    def _argument(self, name: str) -> Value:
        declared = self._declaration(name)
        try:
            value, span = self.taken(name)
            self._remember("var", name, value)  # its own rules refer to it
            status, found = judged(declared.block, self.scope(declared.block.source), span)
            if status is Status.UNKNOWN:
                self.common.unsettled.add((self.path, "var", name))  # so that it is asked again, whatever its value
        except DiagnosticError as problem:
            found = list(problem.diagnostics)
        if found:
            self.common.values[self.path, "var"].pop(name, None)
            raise DiagnosticError([d.at(None, f"{self.address}var.{name}") for d in found])
        return value

    def _declaration(self, name: str) -> Declaration:
        key = (id(self.module), name)
        if key not in self.common.declarations:
            self.common.declarations[key] = declaration(name, self.module.variables[name], self.functions)
        return self.common.declarations[key]

    def output(self, name: str) -> Value:
        """An output's value, as the caller sees it. Raises DiagnosticError."""
        return self._remembered("output", name, lambda: self._output(name))

    def _output(self, name: str) -> Value:
        block = self.module.outputs[name]
        written = block.attribute("value")
        if written is None:
            raise DiagnosticError(error("Missing required argument", f'The output "{name}" needs a value.', block.span))
        self.require(name)
        value = self.typed(written.expr, block.source)
        return marked(block, value, written.expr)

    def require(self, name: str) -> None:
        """Raises DiagnosticError where the preconditions of an output do not hold: its value is not given then."""
        status, problems = self.judged(name)
        if problems:
            raise DiagnosticError(problems)
        if status is Status.UNKNOWN:
            self.common.unsettled.add((self.path, "output", name))  # so that it is asked again, whatever its value

    def judged(self, name: str) -> tuple[Status, tuple[Diagnostic, ...]]:
        """How the preconditions of an output come out."""
        block = self.module.outputs[name]
        scope, address = self.scope(block.source), f"{self.address}{OUTPUT}.{name}"
        found = [rule.judged(scope, FAILED) for rule in preconditions(block)]
        told = (within(d, address, f'output "{name}"') for _, problems in found for d in problems)
        return together(status for status, _ in found), tuple(told)

    def called(self, name: str) -> Value:
        """The value of `module.name`: an object of its outputs; a tuple of such (count), or an object of them (for_each)."""
        return self._remembered("module", name, lambda: self._called(name))

    def _called(self, name: str) -> Value:
        repeated = self.repetition(name)
        if self.common.sampling and repeated.how:
            return Unknown()
        found: dict[Key, Value] = {key: self.child(name, key).outputs() for key in repeated.extra}
        match repeated.how:
            case "count":
                return TupleValue(tuple(found.values()))
            case "for_each":
                return ObjectValue({str(key): value for key, value in found.items()})
            case _:
                return found[None]

    def outputs(self) -> Value:
        """All outputs as an object."""
        return ObjectValue({name: self.output(name) for name in self.module.outputs})

    def resource(self, kind: str, name: str) -> Value:
        """The value of `kind.name`: one object, a tuple of instances (count), or an object of them (for_each)."""
        place = (self.path, kind, name)
        if place not in self.common.wholes:
            self.common.wholes[place] = self._whole(place)
        return self.common.wholes[place]

    def _whole(self, place: Place) -> Value:
        instances = self.common.resources.get(place, {})
        match self.common.repeated.get(place, ""):
            case "count":
                return TupleValue(tuple(instances[k] for k in sorted(instances, key=lambda k: int(k or 0))))
            case "for_each":
                return ObjectValue(cast(dict[str, Value], instances))  # not a copy: it holds what is settled later too
            case _:
                return instances.get(None, Unknown())

    def forget(self, everything: bool = False) -> None:
        """Drops what was not wholly known: needed after a resource's value has become known."""
        common = self.common
        if not (everything or common.unsettled or common.unsure):
            return
        for path, kind, name in common.unsettled:
            common.values[path, kind].pop(name, None)
        for found in common.values.values() if everything else ():
            found.clear()
        common.unsettled.clear()
        for outer, name in common.unsure:
            del common.repetitions[outer, name]
            for path in [
                p for p in common.scopes if len(p) > len(outer) and (p[: len(outer)], p[len(outer)][0]) == (outer, name)
            ]:
                del common.scopes[path]
        common.unsure.clear()

    def _remembered(self, kind: str, name: str, find: Callable[[], Value]) -> Value:
        found = self.common.values[self.path, kind]
        if name not in found:
            self._remember(kind, name, find())
        return found[name]

    def _remember(self, kind: str, name: str, value: Value) -> None:
        self.common.values[self.path, kind][name] = value
        if not wholly_known(value):
            self.common.unsettled.add((self.path, kind, name))
