"""A resource's or provider's body to plain attributes: evaluated, conformed, with the place of every part."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from kfinfra.config.conform import Findings, conform_fields
from kfinfra.config.dynamic import expanded
from kfinfra.config.module import Declared
from kfinfra.config.places import Places, nearest
from kfinfra.diag import Diagnostic, DiagnosticError, Span, article, counted, did_you_mean, error, nearest_name, warning
from kfinfra.hcl.evaluate import Evaluator, Scope
from kfinfra.hcl.nodes import Block
from kfinfra.model.plain import Path, Plain
from kfinfra.model.schema import Attribute, BlockType, Problem
from kfinfra.values.data import EPHEMERAL, Value
from kfinfra.values.marks import has_mark


@dataclass
class Decoded:
    """A body's attributes, and what belongs to them."""

    attributes: dict[str, Plain]
    sensitive: frozenset[Path]
    spans: Places
    diagnostics: list[Diagnostic] = field(default_factory=list)


def decode_body(
    declared: Declared,
    attributes: Mapping[str, Attribute],
    blocks: Mapping[str, BlockType],
    scope: Scope,
    skip: frozenset[str] = frozenset(),
    *,
    kept: bool = True,
) -> Decoded:
    """The body of `declared` against a schema; `skip` are names (meta-arguments) that are handled elsewhere.

    `kept`: it goes into plans and state, so that ephemeral values may stand in write-only attributes only.
    """
    found = Findings(kept=kept)
    spans = Places()
    errors: list[Diagnostic] = []
    plain = _body(declared, attributes, blocks, scope, (), skip, found, spans, errors)
    if found.problems:
        errors.extend(_diagnostic(p, spans, declared.span) for p in found.problems)
    return Decoded(plain, frozenset(found.sensitive), spans, errors)


def problem_diagnostics(problems: Iterator[Problem], spans: Mapping[Path, Span], fallback: Span) -> list[Diagnostic]:
    """Problems at paths as diagnostics at places."""
    return [_diagnostic(p, spans, fallback) for p in problems]


def _diagnostic(problem: Problem, spans: Mapping[Path, Span], fallback: Span) -> Diagnostic:
    span = nearest(problem.path, spans, fallback)
    if problem.warning:
        return warning(problem.summary, problem.detail, span, hint=problem.hint)
    return error(problem.summary, problem.detail, span, hint=problem.hint)


def _body(
    declared: Declared,
    attributes: Mapping[str, Attribute],
    blocks: Mapping[str, BlockType],
    scope: Scope,
    path: Path,
    skip: frozenset[str],
    found: Findings,
    spans: Places,
    errors: list[Diagnostic],
) -> dict[str, Plain]:
    values: dict[str, Value] = {}
    wrong: list[str] = []
    here = Evaluator(scope, declared.source)
    spans.body(path, declared.block.body, declared.source)
    for written in declared.block.body.attributes:
        if written.name in skip:
            continue
        if written.name not in attributes:
            errors.append(_unknown_name(written.name, declared, declared.name_span(written), attributes, blocks))
            meant = nearest_name(written.name, attributes)
            if meant is not None and meant not in wrong and declared.attribute(meant) is None:
                wrong.append(meant)
            continue
        try:
            value = here.value(written.expr)
            if type(value) is not str and found.kept and not attributes[written.name].write_only and has_mark(value, EPHEMERAL):
                raise DiagnosticError(_ephemeral(written.name, declared.expr_span(written.expr)))
            values[written.name] = value
        except DiagnosticError as problem:
            errors.extend(problem.diagnostics)
            wrong.append(written.name)
    plain = conform_fields(values, attributes, path, found, wrong)
    if blocks:
        plain |= {name: {} if block_type.labels else None for name, block_type in blocks.items()}
    for block in declared.block.body.blocks:
        if block.type == "dynamic" and "dynamic" not in blocks:
            _dynamic(declared.inner(block), attributes, blocks, scope, path, found, spans, errors, plain)
        elif block.type not in skip:
            _inner(declared.inner(block), attributes, blocks, scope, path, found, spans, errors, plain)
    return plain


def _dynamic(
    declared: Declared,
    attributes: Mapping[str, Attribute],
    blocks: Mapping[str, BlockType],
    scope: Scope,
    path: Path,
    found: Findings,
    spans: Places,
    errors: list[Diagnostic],
    plain: dict[str, Plain],
) -> None:
    """What a `dynamic` block makes, as if it was written out."""
    try:
        for made, names in expanded(declared, blocks, scope):
            _inner(made, attributes, blocks, names, path, found, spans, errors, plain)
    except DiagnosticError as problem:
        errors.extend(problem.diagnostics)


def _inner(
    declared: Declared,
    attributes: Mapping[str, Attribute],
    blocks: Mapping[str, BlockType],
    scope: Scope,
    path: Path,
    found: Findings,
    spans: Places,
    errors: list[Diagnostic],
    plain: dict[str, Plain],
) -> None:
    kind, labels = declared.block.type, declared.labels()
    if kind not in blocks:
        errors.append(_unknown_block(declared.block, declared, attributes, blocks))
        return
    block_type = blocks[kind]
    if len(labels) != len(block_type.labels):
        wanted = counted(len(block_type.labels), "label") if block_type.labels else "no label"
        detail = f'{article(kind)} "{kind}" block takes {wanted}, this one has {len(labels) or "none"}.'
        errors.append(error("Wrong number of labels", detail, declared.span))
        return
    here = (*path, kind, *labels)
    table = plain[kind]
    earlier = spans.block(here, declared.span)
    if earlier is not None:
        errors.append(error("Duplicate block", f"This block was already written at {earlier}.", declared.span))
        return
    inside = _body(declared, block_type.attributes, block_type.blocks, scope, here, frozenset(), found, spans, errors)
    if isinstance(table, dict) and labels:
        table[labels[0]] = inside
    else:
        plain[kind] = inside


def _ephemeral(name: str, span: Span) -> Diagnostic:
    detail = f'Ephemeral values are not valid for "{name}": it is not a write-only attribute, and must be persisted to state.'
    return error("Invalid use of ephemeral value", detail, span, hint="write-only attributes take it, such as those of a secret")


def _unknown_name(
    name: str, declared: Declared, span: Span, attributes: Mapping[str, Attribute], blocks: Mapping[str, BlockType]
) -> Diagnostic:
    if name in blocks:
        return error("Unsupported argument", f'"{name}" is a block here.', span, hint=f"write: {name} {{ … }}, without the =")
    detail = f'An argument named "{name}" is not expected here.{did_you_mean(name, [*attributes, *blocks])}'
    return error("Unsupported argument", detail, span)


def _unknown_block(
    block: Block, declared: Declared, attributes: Mapping[str, Attribute], blocks: Mapping[str, BlockType]
) -> Diagnostic:
    if block.type in attributes:
        return error(
            "Unsupported block type", f'"{block.type}" is an argument here.', declared.span, hint=f"write: {block.type} = {{ … }}"
        )
    detail = (
        f'Blocks of type "{block.type}" are not expected here.{did_you_mean(block.type, [*blocks, *attributes, *_META_BLOCKS])}'
    )
    return error("Unsupported block type", detail, declared.span, hint=_HABITS.get(block.type, ""))


_META_BLOCKS = ("lifecycle", "timeouts", "dynamic")
_RUNS = "nothing runs on a machine that is made: what has to run is a pipeline's task, or a step of your CI job"
_FLAT = "what Kubernetes has in metadata and spec is written without these blocks: name, namespace, labels, … are arguments here"
_HABITS = {"provisioner": _RUNS, "connection": _RUNS, "metadata": _FLAT, "spec": _FLAT}
