"""`import` blocks: which objects that exist are to be taken over, and at which addresses."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from kfinfra.config.calls import chosen_provider
from kfinfra.config.endpoints import needed, parts_of
from kfinfra.config.evaluation import Evaluation
from kfinfra.config.module import Declared
from kfinfra.config.repetition import needed_value, repeated_for_each
from kfinfra.diag import Diagnostic, DiagnosticError, Span, did_you_mean, error, undecided
from kfinfra.hcl.nodes import Attr, Attribute, Expr, Index, IndexExpr, RelativeTraversal, Traversal
from kfinfra.model.address import Address, Key
from kfinfra.model.plain import UNKNOWN, Plain, is_known
from kfinfra.model.schema import ResourceType
from kfinfra.values.codec import to_data
from kfinfra.values.data import Value

KNOWN = ("to", "id", "identity", "for_each", "provider")


@dataclass(frozen=True, slots=True)
class Import:
    """One object to be taken over. `identity` are the attributes that identify it, as far as they were given."""

    address: Address
    identity: Mapping[str, Plain]
    id: str
    span: Span | None = None
    provider: str = ""


@dataclass
class Imports:
    """The imports of a configuration by address and by object (type and identity), and what is wrong with the blocks."""

    targets: dict[Address, Import] = field(default_factory=dict)
    objects: dict[tuple[object, ...], Import] = field(default_factory=dict)
    problems: list[Diagnostic] = field(default_factory=list)


def read_imports(blocks: Sequence[Declared], evaluation: Evaluation, types: Mapping[str, ResourceType]) -> Imports:
    """What the blocks say. An object that is imported twice is a problem, and so is an address."""
    out = Imports()
    for block in blocks:
        try:
            for target in _targets(block, evaluation, types):
                _add(out, target)
        except DiagnosticError as problem:
            out.problems.extend(problem.diagnostics)
    return out


def check_imports(
    blocks: Iterable[Declared], types: Mapping[str, ResourceType], providers: Mapping[str, str]
) -> Iterable[Diagnostic]:
    """What is wrong with the blocks, as far as it can be told without evaluating anything; `providers` are the root module's."""
    for block in blocks:
        try:
            _check(block)
            to = needed(block, "to").expr
            if not isinstance(to, IndexExpr | RelativeTraversal):
                _address(block, to, parts_of(to, block.source), types)
            chosen, kind = block.attribute("provider"), _root(to)
            if chosen is not None and kind in types:
                chosen_provider(block, chosen.expr, types[kind], providers)
            _one_of(block)
        except DiagnosticError as problem:
            yield from problem.diagnostics


def _add(out: Imports, target: Import) -> None:
    first = out.targets.setdefault(target.address, target)
    if first is not target:
        detail = f"{target.address} has an import block already, at {first.span}."
        out.problems.append(error("Duplicate import configuration", detail, target.span))
        return
    other = out.objects.setdefault((target.address.type, *target.identity.values()), target)
    if other is not target:
        detail = f'"{target.id}" is imported to {other.address} already, by the block at {other.span}.'
        out.problems.append(error("Duplicate import configuration", detail, target.span))


def _targets(block: Declared, evaluation: Evaluation, types: Mapping[str, ResourceType]) -> Iterable[Import]:
    _check(block)
    for_each = block.attribute("for_each")
    repeated: Iterable[Mapping[str, Value]] = [{}]
    if for_each is not None:
        repeated = repeated_for_each(block, for_each.expr, evaluation).extra.values()
    provider = block.attribute("provider")
    for extra in repeated:
        to = needed(block, "to").expr
        address = _address(block, to, _steps(block, to, evaluation, extra), types)
        identity, text = _identity(block, evaluation, extra, types[address.type])
        alias = chosen_provider(block, provider.expr, types[address.type], evaluation.node.providers) if provider else ""
        yield Import(address, identity, text, block.span, alias)


def _check(block: Declared) -> None:
    for attribute in block.block.body.attributes:
        if attribute.name not in KNOWN:
            detail = f'An "import" block has no argument "{attribute.name}".{did_you_mean(attribute.name, KNOWN)}'
            raise DiagnosticError(error("Unsupported argument", detail, block.name_span(attribute)))
    for inner in block.block.body.blocks:
        detail = f'An "import" block has no "{inner.type}" block.'
        raise DiagnosticError(error("Unsupported block type", detail, block.inner(inner).span))


def _address(block: Declared, expr: Expr, parts: list[tuple[str, Key]], types: Mapping[str, ResourceType]) -> Address:
    """The address of `parts`, which `expr` writes."""
    module: list[tuple[str, Key]] = []
    while len(parts) > 2 and parts[0] == ("module", None):
        module.append(parts[1])
        parts = parts[2:]
    if len(parts) != 2 or parts[0][1] is not None or parts[0][0] in ("module", "data"):
        detail = "This names no resource instance (TYPE.NAME, or TYPE.NAME[KEY])."
        raise DiagnosticError(error("Invalid import 'to' expression", detail, block.expr_span(expr)))
    kind, (name, key) = parts[0][0], parts[1]
    if kind not in types:
        detail = f'There is no resource type "{kind}".{did_you_mean(kind, types)}'
        raise DiagnosticError(error("Invalid import 'to' expression", detail, block.expr_span(expr)))
    return Address(kind, name, key, tuple(module))


def _root(to: Expr) -> str:
    """The name that an address begins with."""
    match to:
        case IndexExpr(collection=inner) | RelativeTraversal(source=inner):
            return _root(inner)
        case Traversal(root=name):
            return name
        case _:
            return ""


def _steps(block: Declared, expr: Expr, evaluation: Evaluation, extra: Mapping[str, Value]) -> list[tuple[str, Key]]:
    match expr:
        case Traversal():
            return parts_of(expr, block.source)
        case IndexExpr(collection=collection, key=written):
            parts = _steps(block, collection, evaluation, extra)
            value = needed_value(evaluation.evaluate(written, block.source, extra), "to", block, written)
            if parts[-1][1] is not None or isinstance(value, bool) or not isinstance(value, str | int):
                detail = "A key is a string or a whole number."
                raise DiagnosticError(error("Invalid import 'to' expression", detail, block.expr_span(written)))
            return [*parts[:-1], (parts[-1][0], value)]
        case RelativeTraversal(source=source, steps=steps):
            parts = _steps(block, source, evaluation, extra)
            for step in steps:
                match step:
                    case Attr(name=name):
                        parts.append((name, None))
                    case Index(key=key):
                        parts[-1] = (parts[-1][0], key)
            return parts
        case _:
            return parts_of(expr, block.source)


def _identity(
    block: Declared, evaluation: Evaluation, extra: Mapping[str, Value], schema: ResourceType
) -> tuple[dict[str, Plain], str]:
    written = _one_of(block)
    value = _plain(block, written, evaluation, extra)
    span = block.expr_span(written.expr)
    if written.name == "id":
        try:
            return parse_id(schema, str(value)), str(value)
        except ValueError as problem:
            raise DiagnosticError(error("Invalid import id argument", f"{problem}.", span)) from problem
    if not isinstance(value, dict) or not value.keys() <= set(schema.identity) or not _complete(schema, value):
        other = next((n for n in value if n not in schema.identity), None) if isinstance(value, dict) else None
        meant = did_you_mean(other, schema.identity) if other is not None else ""
        detail = f"An object with {' and '.join(schema.identity)} is required: these identify a {schema.name}.{meant}"
        raise DiagnosticError(error("Invalid import identity argument", detail, span))
    identity = {name: value.get(name) for name in schema.identity}
    return identity, id_text(schema, identity)


def _one_of(block: Declared) -> Attribute:
    by_id, by_name = block.attribute("id"), block.attribute("identity")
    written = by_id or by_name
    if written is None or (by_id is not None and by_name is not None):
        detail = 'One of "id" and "identity" is required, and only one.'
        hint = 'write: id = "NAME", or "CLUSTER/NAME", "NAMESPACE/NAME": what identifies the object'
        raise DiagnosticError(error("Invalid import block", detail, block.span, hint=hint))
    return written


def _complete(schema: ResourceType, value: Mapping[str, Plain]) -> bool:
    return all(isinstance(value.get(n), str) and value[n] for n in schema.identity if n != "namespace")


def _plain(block: Declared, written: Attribute, evaluation: Evaluation, extra: Mapping[str, Value]) -> Plain:
    value = needed_value(evaluation.evaluate(written.expr, block.source, extra), written.name, block, written.expr, "import ")
    plain: Plain = to_data(value, UNKNOWN)[0]
    if not is_known(plain):
        detail = "It depends on values that are known only after apply."
        raise DiagnosticError(undecided(f"Invalid import {written.name} argument", detail, block.expr_span(written.expr)))
    return plain


def parse_id(schema: ResourceType, text: str) -> dict[str, Plain]:
    """The identity that an id writes: its parts with `/` between them, or with `:` as Terraform has it for node groups.

    A namespace may be left out where the type has one. Raises ValueError, with a sentence.
    """
    names = schema.identity
    if "api_version" in names:
        return _named_parts(schema, text)
    mark = ":" if ":" in text and "/" not in text else "/"
    parts = text.split(mark, len(names) - 1)
    if len(parts) == len(names) - 1 and names[0] == "namespace":
        names = names[1:]
    if len(parts) != len(names) or not all(parts):
        raise ValueError(f'"{text}" is not the id of a {schema.name}, which is {id_form(schema)}')
    return dict.fromkeys(schema.identity) | dict(zip(names, parts, strict=True))


def _named_parts(schema: ResourceType, text: str) -> dict[str, Plain]:
    """An id of named parts, as Terraform has it for manifests: `apiVersion=…,kind=…,namespace=…,name=…`. Raises ValueError."""
    given = {k.strip(): v.strip() for k, _, v in (part.partition("=") for part in text.split(","))}
    named = {"api_version" if k == "apiVersion" else k: v for k, v in given.items()}
    if not named.keys() <= set(schema.identity) or not all(named.get(n) for n in schema.identity if n != "namespace"):
        raise ValueError(f'"{text}" is not the id of a {schema.name}, which is {id_form(schema)}')
    return {name: named.get(name) or None for name in schema.identity}


def id_form(schema: ResourceType) -> str:
    """How an id of the type is written: `CLUSTER/NAME`; of one with an API version, whose parts may hold slashes, by names."""
    if "api_version" in schema.identity:
        return ",".join(f"{name}={name.upper()}" for name in schema.identity)
    return "/".join(name.upper() for name in schema.identity)


def id_text(schema: ResourceType, identity: Mapping[str, Plain]) -> str:
    """The id of an identity."""
    parts = {name: str(identity[name]) for name in schema.identity if identity.get(name) is not None}
    if "api_version" in schema.identity:
        return ",".join(f"{name}={value}" for name, value in parts.items())
    return "/".join(parts.values())
