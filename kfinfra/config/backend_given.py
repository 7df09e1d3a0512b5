"""Arguments that a backend block leaves out: what `init -backend-config` gives, as NAME=VALUE or as a file of such.

As with Terraform's partial configuration a value given here wins over the block's. What is secret is refused: these arguments
are kept for the commands that follow, and nothing secret is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from kfinfra.config.backends import BACKENDS, INSTEAD, Backend
from kfinfra.config.bodies import problem_diagnostics
from kfinfra.config.conform import Findings, conform_fields
from kfinfra.config.files import Sources, parse_file, read_text
from kfinfra.config.places import places
from kfinfra.config.shapes import VALUES
from kfinfra.config.variables import written
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, Span, did_you_mean, error
from kfinfra.hcl.parser import parse_expression
from kfinfra.model.plain import UNKNOWN, Attributes, Path, Plain
from kfinfra.values.codec import from_data
from kfinfra.values.data import Value

OPTION = "-backend-config"


@dataclass(frozen=True, slots=True)
class _Argument:
    """A value, and where it was given."""

    value: Value
    places: Mapping[Path, Span]


def read_given(kind: str, texts: Iterable[str], sources: Sources) -> Attributes:
    """The arguments for a backend of this type, the last of a name. Raises DiagnosticError with all that is wrong."""
    arguments: dict[str, _Argument] = {}
    problems: list[Diagnostic] = []
    for text in texts:
        try:
            found = _from_text(kind, text) if "=" in text else _from_file(kind, text, sources)
        except DiagnosticError as problem:
            problems.extend(problem.diagnostics)
            continue
        arguments |= found
    if problems:
        raise DiagnosticError(problems)
    where = {path: span for argument in arguments.values() for path, span in argument.places.items()}
    return _conformed(kind, {name: argument.value for name, argument in arguments.items()}, where)


def completed(backend: Backend, given: Attributes) -> Backend:
    """The backend with what was given, which fills in what its block leaves out and wins over what it says."""
    if not given:
        return backend
    missing = tuple(name for name in backend.missing if name not in given)
    return replace(backend, attributes={**backend.attributes, **given}, missing=missing)


def kept(kind: str, found: Mapping[str, Plain]) -> Attributes:
    """What was kept of earlier arguments, as far as the backend still takes it. Raises DiagnosticError."""
    return _conformed(kind, {n: from_data(v, UNKNOWN) for n, v in found.items() if n in BACKENDS[kind]}, {})


def _from_text(kind: str, text: str) -> dict[str, _Argument]:
    name, _, raw = text.partition("=")
    source = SourceText(f"<value of {OPTION} {name}>", raw)
    span = source.span(0, len(raw))
    _check_name(kind, name, span)
    value: Value = raw
    found: dict[Path, Span] = {}
    if BACKENDS[kind][name].fields is not None:
        expr = parse_expression(source)
        value, found = written(expr, source, {}), dict(places(expr, (name,), source))
    return {name: _Argument(value, {(name,): span, **found})}


def _from_file(kind: str, name: str, sources: Sources) -> dict[str, _Argument]:
    try:
        source = SourceText(name, read_text(sources.read_named, name))
    except DiagnosticError as problem:
        hint = f"{OPTION} takes NAME=VALUE, or the name of a file with such lines"
        raise DiagnosticError(replace(d, hint=d.hint or hint) for d in problem.diagnostics) from problem
    body = parse_file(source, None, VALUES, values=True)
    problems = [
        error("Unsupported block type", "It holds arguments only: name = value.", source.span(b.start, b.header_end))
        for b in body.blocks
    ]
    out: dict[str, _Argument] = {}
    for attribute in body.attributes:
        try:
            _check_name(kind, attribute.name, source.span(attribute.start, attribute.name_end))
            expr = attribute.expr
            where = {(attribute.name,): source.span(expr.start, expr.end), **dict(places(expr, (attribute.name,), source))}
            out[attribute.name] = _Argument(written(expr, source, {}), where)
        except DiagnosticError as problem:
            problems.extend(problem.diagnostics)
    if problems:
        raise DiagnosticError(problems)
    return out


def _check_name(kind: str, name: str, span: Span) -> None:
    known = BACKENDS[kind]
    if name not in known:
        instead = INSTEAD[kind].get(name, "")
        detail = f'The {kind} backend has no argument "{name}".' + ("" if instead else did_you_mean(name, known))
        raise DiagnosticError(error("Unsupported argument", detail, span.showing(name), hint=instead))
    if known[name].sensitive:
        detail = f'"{name}" is secret, and what {OPTION} gives is kept for the commands that follow.'
        hint = f"write {name} = var.NAME in the block, and give the variable in the environment: KFINFRA_VAR_NAME"
        raise DiagnosticError(error("Secret in a backend's configuration", detail, span.showing("(sensitive value)"), hint=hint))


def _conformed(kind: str, values: Mapping[str, Value], where: Mapping[Path, Span]) -> Attributes:
    schema = {name: BACKENDS[kind][name] for name in values}
    findings = Findings(kept=False)
    plain = conform_fields(values, schema, (), findings)
    nowhere = SourceText(f"<{OPTION}>", "").span(0, 0)
    found = problem_diagnostics(iter(findings.problems), where, nowhere)
    if found:
        raise DiagnosticError(found)
    return {name: value for name, value in plain.items() if value is not None}
