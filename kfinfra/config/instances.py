"""A resource block to its instances: count and for_each, meta-arguments, and each instance's desired attributes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from kfinfra.config.bodies import Decoded, decode_body, problem_diagnostics
from kfinfra.config.calls import chosen_provider
from kfinfra.config.conditions import failed_preconditions
from kfinfra.config.evaluation import Evaluation
from kfinfra.config.lifecycle import WrittenLifecycle, read_lifecycle
from kfinfra.config.module import Declared
from kfinfra.config.timeouts import WrittenTimeouts, read_timeouts
from kfinfra.diag import Diagnostic, DiagnosticError, Severity, Span, error
from kfinfra.hcl.evaluate import evaluate
from kfinfra.model.address import Address
from kfinfra.model.discretion import discreet, secrets, without
from kfinfra.model.plain import UNKNOWN, Path, Plain
from kfinfra.model.resource import Desired, Resource
from kfinfra.model.schema import ResourceType
from kfinfra.values.data import Value

META = frozenset({"count", "for_each", "depends_on", "provider", "lifecycle", "timeouts"})


_WRITTEN_META = frozenset({"provider", "lifecycle", "timeouts"})
_UNWRITTEN = WrittenLifecycle()
_NO_SECRETS: Mapping[str, Plain] = {}


@dataclass(frozen=True, slots=True)
class Meta:
    """A block's meta-arguments that are the same for all its instances."""

    provider: str
    lifecycle: WrittenLifecycle = field(default_factory=WrittenLifecycle)
    timeouts: WrittenTimeouts = field(default_factory=WrittenTimeouts)

    @property
    def varies(self) -> bool:
        """Whether an instance may have other ones than the next."""
        return bool(self.lifecycle.flags or self.lifecycle.triggers or self.timeouts.later)


def desired_instance(
    block: Declared,
    schema: ResourceType,
    address: Address,
    extra: Mapping[str, Value],
    evaluation: Evaluation,
    meta: Meta,
    depends_on: frozenset[Address],
) -> tuple[Desired, list[Diagnostic]]:
    """One instance's desired attributes. Errors are returned beside it; with an error its attributes are incomplete."""
    scope, place = evaluation.scope(block.source, extra), block.span
    decoded = decode_body(block, schema.attributes, schema.blocks, scope, META | _dag_blocks() if schema.dag else META)
    diagnostics = decoded.diagnostics
    if meta.lifecycle.conditions.before:
        diagnostics = [*failed_preconditions(meta.lifecycle.conditions, scope), *diagnostics]
    lifecycle, timeouts = meta.lifecycle.fixed, meta.timeouts.fixed
    if meta.varies:
        try:
            lifecycle = meta.lifecycle.of(lambda expr: evaluate(expr, scope, block.source))
            timeouts = meta.timeouts.of(lambda expr: evaluate(expr, scope, block.source))
        except DiagnosticError as problem:
            diagnostics.extend(problem.diagnostics)
    if schema.dag:
        from kfinfra.config.dag.reader import read_dag

        read = read_dag(block, scope)
        decoded.attributes[schema.dag] = read.dag
        decoded.spans.update(read.spans)
        diagnostics.extend(read.diagnostics)
    facts = _facts(schema)
    for name in facts.labelled:
        if decoded.attributes.get(name) is None and block.attribute(name) is None:
            own = schema.attributes[name]
            decoded.attributes[name] = _label_name(address)
            if own.check is not None:
                diagnostics.extend(problem_diagnostics(iter(own.check(decoded.attributes[name])), {}, place))
    if schema.check is not None and not (diagnostics and any(d.severity is Severity.ERROR for d in diagnostics)):
        diagnostics.extend(_checked(schema, decoded, place))
    plain: dict[str, Plain] = decoded.attributes
    sensitive = decoded.sensitive | facts.sensitive if decoded.sensitive else facts.sensitive
    kept_back = _NO_SECRETS
    if facts.write_only:
        kept_back = {n: v for n in facts.write_only if (v := plain.get(n)) is not None}
        plain = {n: v for n, v in plain.items() if n not in facts.write_only}
        sensitive = frozenset(p for p in sensitive if p[0] not in facts.write_only)
    resource = Resource(address, plain, sensitive)
    desired = Desired(
        resource,
        meta.provider,
        depends_on,
        lifecycle,
        timeouts,
        kept_back,
        decoded.spans,
        place,
    )
    return desired, [d.at(None, str(address)) for d in diagnostics] if diagnostics else []


def _checked(schema: ResourceType, decoded: Decoded, place: Span) -> list[Diagnostic]:
    """What the schema says of the attributes together, without a word of what is sensitive."""
    assert schema.check is not None
    problems = [discreet(p, decoded.sensitive) for p in schema.check(decoded.attributes)]
    if not problems:
        return []
    hidden = secrets(decoded.attributes, [*decoded.sensitive, *((n,) for n in _facts(schema).write_only)])
    return [without(d, hidden) for d in problem_diagnostics(iter(problems), decoded.spans, place)]


def _dag_blocks() -> frozenset[str]:
    """The blocks of a pipeline's own tasks, whose reader most configurations have no need of."""
    from kfinfra.config.dag.reader import BLOCKS

    return frozenset(BLOCKS)


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a schema says, gathered once: `labelled` are the names that a block's label stands for, `metas` what a block without
    meta-arguments has, by the key of its provider.
    """

    schema: ResourceType
    labelled: tuple[str, ...]
    write_only: tuple[str, ...]
    sensitive: frozenset[Path]
    computed: tuple[str, ...]
    metas: dict[str, Meta]


_gathered: dict[int, _Facts] = {}


def _facts(schema: ResourceType) -> _Facts:
    """The facts of a schema; they keep it, so that no other can have its id."""
    found = _gathered.get(id(schema))
    if found is None:
        attributes = schema.attributes
        named = [(n, attributes[n]) for n in ("name", "display_name") if n in attributes]
        found = _gathered[id(schema)] = _Facts(
            schema,
            tuple(n for n, a in named if a.default is None and (a.settable or not a.computed)),
            tuple(n for n, a in attributes.items() if a.write_only),
            frozenset((n,) for n, a in attributes.items() if a.sensitive),
            tuple(n for n, a in attributes.items() if a.computed),
            {},
        )
    return found


def as_planned(desired: Desired, schema: ResourceType) -> Resource:
    """The resource as if it were about to be created: what the server sets is UNKNOWN."""
    values: dict[str, Plain] = dict(desired.resource.attributes)
    for name in _facts(schema).computed:
        if values.get(name) is None:
            values[name] = UNKNOWN
    return Resource(desired.address, values, desired.resource.sensitive)


def _label_name(address: Address) -> str:
    """The default name: the block's label; an instance's key makes it its own."""
    return address.name if address.key is None else f"{address.name}-{address.key}"


def read_meta(block: Declared, schema: ResourceType, providers: Mapping[str, str], types: Collection[str]) -> Meta:
    """The block's provider, lifecycle and timeouts; `providers` are those of its module, with their keys in the root module.

    `types` are the resource types that a `replace_triggered_by` may name.

    Raises DiagnosticError.
    """
    if not block.block.body.blocks and _WRITTEN_META.isdisjoint(block.named):  # most blocks say nothing of all this
        metas, key = _facts(schema).metas, providers.get(schema.provider, schema.provider)
        if key not in metas:
            metas[key] = Meta(key, _UNWRITTEN, WrittenTimeouts(schema.timeouts))
        return metas[key]
    provider, found = schema.provider, list[Diagnostic]()
    chosen = block.attribute("provider")
    if chosen is not None:
        try:
            provider = chosen_provider(block, chosen.expr, schema, providers)
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
    lifecycle, timeouts = _UNWRITTEN, WrittenTimeouts(schema.timeouts)
    seen: set[str] = set()
    for inner in block.block.body.blocks:
        try:
            if inner.type in ("lifecycle", "timeouts") and inner.type in seen:
                found.append(error("Duplicate block", f'"{inner.type}" stands twice.', block.inner(inner).span))
            elif inner.type == "lifecycle":
                lifecycle = read_lifecycle(block.inner(inner), types, {*schema.attributes, *schema.blocks})
            elif inner.type == "timeouts":
                timeouts = read_timeouts(block.inner(inner), schema.timeouts)
        except DiagnosticError as problem:
            found.extend(problem.diagnostics)
        seen.add(inner.type)
    for name in ("lifecycle", "timeouts"):
        attribute = block.attribute(name)
        if attribute is not None:
            hint = f"write: {name} {{ … }}, without the ="
            found.append(error("Unsupported argument", f'"{name}" is a block.', block.name_span(attribute), hint=hint))
    if found:
        raise DiagnosticError(found)
    return Meta(providers.get(provider, provider), lifecycle, timeouts)
