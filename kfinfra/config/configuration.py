"""The configuration as a whole: loaded, ordered, and asked block by block for what it wants.

The planner walks `order`, asks for each block's instances and settles what it plans for them; so a later block sees the
earlier one's planned values. The executor does the same with what was really made.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from kfinfra.config.bodies import decode_body
from kfinfra.config.datablocks import block_key
from kfinfra.config.evaluation import Evaluation
from kfinfra.config.files import ParsedFile, Sources, parse_file, parse_module, read_text
from kfinfra.config.imports import Imports, read_imports
from kfinfra.config.instances import Meta, Repetition, desired_instance, read_meta, repetition
from kfinfra.config.module import Declared, Module, decode_module
from kfinfra.config.refactoring import Refactoring, read_refactoring
from kfinfra.config.settings import Settings, read_settings
from kfinfra.config.shapes import VALUES, module_shape
from kfinfra.config.variables import Given, Variables, from_command_line, from_environment, from_file, settle_variables
from kfinfra.diag import Diagnostic, DiagnosticError, Severity, SourceText, error
from kfinfra.graph import CycleError, topological
from kfinfra.hcl.functions import standard_functions
from kfinfra.hcl.nodes import Attr, Body, Expr, Traversal, TupleExpr
from kfinfra.hcl.references import references
from kfinfra.model.address import Address, Key
from kfinfra.model.data import PREFIX
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.resource import Desired, Resource
from kfinfra.model.schema import ProviderType, ResourceType
from kfinfra.values.codec import to_data
from kfinfra.values.data import Value

BlockKey = tuple[str, str]


@dataclass
class Configuration:
    """A loaded root module. Not changed by evaluation, but for what is settled; calls are serialized by a lock."""

    module: Module
    types: Mapping[str, ResourceType]
    provider_types: Mapping[str, ProviderType]
    evaluation: Evaluation
    variables: Variables
    settings: Settings
    digest: str
    order: list[BlockKey]
    edges: Mapping[BlockKey, frozenset[BlockKey]]
    warnings: list[Diagnostic]
    refactoring: Refactoring = field(default_factory=Refactoring)
    _repeated: dict[BlockKey, Repetition] = field(default_factory=dict)
    _before: dict[BlockKey, frozenset[Address]] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def instances(self, block: BlockKey) -> list[Desired]:
        """The block's desired instances. Raises DiagnosticError with all that is wrong with them."""
        with self._lock:
            declared = self.module.resources[block]
            repeated = repetition(declared, self.evaluation)
            self.evaluation.repeat(block, repeated.how)
            self._repeated[block] = repeated
            earlier = (b for b in self._behind(block) if b in self._repeated)
            self._before[block] = frozenset(Address.of_block(b, k) for b in earlier for k in self._repeated[b].extra)
            meta = read_meta(declared, self.types[block[0]], self.module.providers)
            found: list[Diagnostic] = []
            out: list[Desired] = []
            for key, extra in repeated.extra.items():
                desired, diagnostics = self._one(block, key, extra, meta)
                out.append(desired)
                found.extend(diagnostics)
            self._report(found)
            return out

    def _behind(self, block: BlockKey) -> set[BlockKey]:
        """What a block refers to, and through data sources (which have no place in state) what these refer to."""
        out = set(self.edges[block])
        for data in [b for b in out if b[0].startswith(PREFIX)]:
            out |= self._behind(data)
        return out

    def instance(self, address: Address) -> Desired:
        """One instance again, with what is known by now."""
        with self._lock:
            block = address.block
            declared = self.module.resources[block]
            meta = read_meta(declared, self.types[block[0]], self.module.providers)
            repeated = self._repeated[block]
            if not repeated.is_known:
                repeated = repetition(declared, self.evaluation)
            desired, diagnostics = self._one(block, address.key, repeated.extra[address.key], meta)
            self._report([d for d in diagnostics if d.severity is Severity.ERROR])
            return desired

    def repeats(self, address: Address) -> str | None:
        """How the block of `address` repeats (`count`, `for_each`, or `` for once), None where there is no such block."""
        declared = self.module.resources.get(address.block) if not address.module else None
        if declared is None:
            return None
        return next((name for name in ("count", "for_each") if declared.attribute(name) is not None), "")

    def imports(self) -> Imports:
        """The objects that import blocks want taken over."""
        with self._lock:
            return read_imports(self.module.imports, self.evaluation, self.types)

    def settle(self, resource: Resource, final: bool = False) -> None:
        """Makes `resource` what references to it give; `final`: after it was made, so what was worked out before is dropped."""
        with self._lock:
            self.evaluation.settle(resource)
            if final:
                self.evaluation.forget_locals()

    def settle_all(self) -> None:
        """Drops what locals were found to be, so that everything is worked out from what is settled now."""
        with self._lock:
            self.evaluation.forget_locals()

    def outputs(self) -> dict[str, tuple[Plain, bool]]:
        """Each output's value and whether it is sensitive. Raises DiagnosticError."""
        with self._lock:
            return {name: self._output(name, block) for name, block in self.module.outputs.items()}

    def provider_attributes(self, key: str) -> Attributes:
        """A provider block's attributes, empty where there is no block. Raises DiagnosticError."""
        with self._lock:
            declared = self.module.providers.get(key)
            if declared is None:
                return {}
            schema = self.provider_types[key.split(".")[0]]
            scope = self.evaluation.scope(declared.source)
            decoded = decode_body(declared, schema.attributes, {}, scope, frozenset({"alias"}))
            if decoded.diagnostics:
                raise DiagnosticError(decoded.diagnostics)
            return decoded.attributes

    def _one(self, block: BlockKey, key: Key, extra: Mapping[str, Value], meta: Meta) -> tuple[Desired, list[Diagnostic]]:
        address = Address.of_block(block, key)
        declared = self.module.resources[block]
        return desired_instance(declared, self.types[block[0]], address, extra, self.evaluation, meta, self._before[block])

    def _report(self, found: list[Diagnostic]) -> None:
        errors = [d for d in found if d.severity is Severity.ERROR]
        if errors:
            raise DiagnosticError(errors)
        self.warnings.extend(d for d in found if d not in self.warnings)

    def _output(self, name: str, block: Declared) -> tuple[Plain, bool]:
        value = block.attribute("value")
        if value is None:
            raise DiagnosticError(error("Missing required argument", f'The output "{name}" needs a value.', block.span))
        data, hidden = to_data(self.evaluation.evaluate(value.expr, block.source), UNKNOWN)
        flag = block.attribute("sensitive")
        from kfinfra.config.constants import constant_bool

        sensitive = flag is not None and constant_bool(block, flag)
        if hidden and not sensitive:
            detail = f'The output "{name}" holds a sensitive value, and is not marked as such.'
            hint = "write sensitive = true, or nonsensitive(…) if it may be shown"
            raise DiagnosticError(error("Output refers to sensitive values", detail, block.expr_span(value.expr), hint=hint))
        return data, sensitive


def load(
    sources: Sources,
    types: Mapping[str, ResourceType],
    provider_types: Mapping[str, ProviderType],
    env: Mapping[str, str],
    var_inputs: Iterable[tuple[str, str]] = (),
    cache: Path | None = None,
    workspace: str = "default",
    require_variables: bool = True,
) -> Configuration:
    """The configuration in `sources`. `var_inputs` are ("var", "a=b") and ("file", path) in the command line's order.

    Raises DiagnosticError with all mistakes that can be told without evaluating resources. With `require_variables`
    false a variable without a value is unknown (validate).
    """
    parsed = parse_module(sources, cache, module_shape(types, provider_types))
    module = decode_module(parsed, types, provider_types)
    functions = standard_functions(".", sources.read)
    given, found = _given(module, parsed.var_files, sources, env, var_inputs, cache)
    variables, problems = settle_variables(module.variables, given, functions)
    if not require_variables:
        problems = [p for p in problems if p.summary != "No value for required variable"]
    found.extend(problems)
    found.extend(_unknown_output_arguments(module))
    settings = read_settings(module, found)
    refactoring = read_refactoring([((), module)], types, found)
    evaluation = Evaluation(module, variables.values, functions, frozenset(types), workspace=workspace)
    edges = _edges(module, types, found)
    order = _ordered(module, edges, found)
    if any(d.severity is Severity.ERROR for d in found):
        raise DiagnosticError(sorted(dict.fromkeys(found), key=Diagnostic.order))
    return Configuration(
        module, types, provider_types, evaluation, variables, settings, parsed.digest, order, edges, list(found), refactoring
    )


def _given(
    module: Module,
    var_files: Mapping[str, ParsedFile],
    sources: Sources,
    env: Mapping[str, str],
    inputs: Iterable[tuple[str, str]],
    cache: Path | None,
) -> tuple[dict[str, Given], list[Diagnostic]]:
    given = from_environment(env, module.variables)
    found: list[Diagnostic] = []
    for file in var_files.values():
        values, diagnostics = from_file(file, module.variables)
        given |= values
        found += diagnostics
    for kind, text in inputs:
        if kind == "var":
            name, value = from_command_line(text, module.variables)
            given[name] = value
        else:
            source = SourceText(text, read_text(sources, text))
            values, diagnostics = from_file(ParsedFile(source, parse_file(source, None, VALUES)), module.variables)
            given |= values
            found += diagnostics
    return given, found


def _unknown_output_arguments(module: Module) -> Iterable[Diagnostic]:
    for block in module.outputs.values():
        for attribute in block.block.body.attributes:
            if attribute.name == "depends_on" or attribute.name not in ("value", "description", "sensitive"):
                yield error("Unsupported argument", f'An output has no argument "{attribute.name}".', block.name_span(attribute))
        for inner in block.block.body.blocks:
            yield error("Unsupported block type", f'An output has no "{inner.type}" block.', block.inner(inner).span)


def _expressions(body: Body) -> Iterable[Expr]:
    for attribute in body.attributes:
        yield attribute.expr
    for block in body.blocks:
        if block.type != "lifecycle":
            yield from _expressions(block.body)


def _edges(module: Module, types: Mapping[str, ResourceType], found: list[Diagnostic]) -> dict[BlockKey, frozenset[BlockKey]]:
    """What each resource block refers to, through locals too, and its depends_on."""
    seen: dict[str, frozenset[BlockKey]] = {}

    def of_local(name: str, path: tuple[str, ...]) -> frozenset[BlockKey]:
        if name in seen or name in path or name not in module.locals:
            return seen.get(name, frozenset())
        seen[name] = of(module.locals[name].attribute.expr, (*path, name))
        return seen[name]

    def of(expr: Expr, path: tuple[str, ...]) -> frozenset[BlockKey]:
        out: set[BlockKey] = set()
        for traversal in references(expr):
            first = traversal.steps[0].name if traversal.steps and isinstance(traversal.steps[0], Attr) else None
            if first is None:
                continue
            if traversal.root == "local":
                out |= of_local(first, path)
            elif (key := block_key(traversal)) in module.resources:
                out.add(key)
        return frozenset(out)

    edges: dict[BlockKey, frozenset[BlockKey]] = {}
    for key, declared in module.resources.items():
        wanted: set[BlockKey] = set()
        for expr in _expressions(declared.block.body):
            wanted |= of(expr, ())
        found.extend(_check_depends_on(declared, module))
        edges[key] = frozenset(wanted)
    return edges


def _check_depends_on(declared: Declared, module: Module) -> Iterable[Diagnostic]:
    attribute = declared.attribute("depends_on")
    if attribute is None:
        return
    items: tuple[Expr, ...] = attribute.expr.items if isinstance(attribute.expr, TupleExpr) else (attribute.expr,)
    for item in items:
        if not isinstance(item, Traversal) or block_key(item) not in module.resources:
            detail = "A declared resource (TYPE.NAME) or data source (data.TYPE.NAME) is required."
            yield error("Invalid depends_on reference", detail, declared.expr_span(item))


def _ordered(module: Module, edges: Mapping[BlockKey, frozenset[BlockKey]], found: list[Diagnostic]) -> list[BlockKey]:
    try:
        return topological({key: sorted(wanted) for key, wanted in edges.items()})
    except CycleError as problem:
        places = []
        for kind, name in problem.cycle:
            places.append(f"{kind}.{name} ({module.resources[(kind, name)].span})")
        words = " → ".join([*places, places[0].split(" (")[0]])
        found.append(error("Cycle", f"These refer to each other: {words}.", module.resources[problem.cycle[0]].span))
        return []
