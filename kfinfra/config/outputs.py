"""Outputs as they are declared: what a block may hold, and what must hold before its value is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kfinfra.config.conditions import Rule, mistakes, read_rule
from kfinfra.config.constants import constant_bool, constant_string
from kfinfra.config.module import Declared
from kfinfra.config.variables import is_flagged
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error, nearest_name
from kfinfra.hcl.nodes import Expr
from kfinfra.values.data import EPHEMERAL, SENSITIVE, Value
from kfinfra.values.marks import has_mark, mark

FAILED = "Module output value precondition failed"
_ARGUMENTS = ("value", "description", "sensitive", "ephemeral", "depends_on")


def preconditions(output: Declared) -> Iterator[Rule]:
    """The output's rules; `output_mistakes` has told what is wrong with them."""
    for inner in output.block.body.blocks:
        if inner.type == "precondition":
            yield read_rule(output.inner(inner), "A precondition")


def has_preconditions(output: Declared) -> bool:
    """Whether anything must hold."""
    return any(inner.type == "precondition" for inner in output.block.body.blocks)


def marked(output: Declared, value: Value, written: Expr) -> Value:
    """The value that `written` gives, with the marks that the output declares. Raises DiagnosticError where it must have them."""
    flags = frozenset(name for name in (SENSITIVE, EPHEMERAL) if is_flagged(output, name))
    if EPHEMERAL not in flags and has_mark(value, EPHEMERAL):
        detail = "This output is not declared as giving an ephemeral value, so it cannot be set to a result derived from one."
        hint = "ephemeralasnull(…) gives the rest of it; an output of a module may say ephemeral = true"
        raise DiagnosticError(error("Ephemeral value not allowed", detail, output.expr_span(written), hint=hint))
    return mark(value, flags)


def output_mistakes(outputs: Iterable[Declared], *, root: bool) -> Iterator[Diagnostic]:
    """What is wrong with output blocks as they are written, of the root module or of another."""
    for block in outputs:
        kept = block.attribute("ephemeral") if root else None
        if kept is not None:
            detail = "Outputs of the root module are kept in state, so that they cannot be ephemeral."
            yield error("Ephemeral output not allowed", detail, block.name_span(kept))
        meant = set[str | None]()
        for attribute in block.block.body.attributes:
            if attribute.name not in _ARGUMENTS:
                meant.add(nearest_name(attribute.name, _ARGUMENTS))
                detail = f'An output has no argument "{attribute.name}".{did_you_mean(attribute.name, _ARGUMENTS)}'
                hint = "an output is of the type of its value" if attribute.name == "type" else ""
                yield error("Unsupported argument", detail, block.name_span(attribute), hint=hint)
        name = block.labels()[0]
        if block.attribute("value") is None and "value" not in meant:
            yield error("Missing required argument", f'The output "{name}" needs a value.', block.span, hint="write: value = …")
        for wanted in ("description", "sensitive", "ephemeral"):
            written = block.attribute(wanted)
            if written is not None:
                try:
                    constant_string(block, written) if wanted == "description" else constant_bool(block, written)
                except DiagnosticError as problem:
                    yield from problem.diagnostics
        for inner in map(block.inner, block.block.body.blocks):
            yield from _inner(inner)


def _inner(inner: Declared) -> Iterator[Diagnostic]:
    match inner.block.type:
        case "precondition":
            yield from mistakes(inner, "A precondition")
        case "postcondition":
            detail = "An output has preconditions only: nothing happens to its value that could be checked afterwards."
            yield error("Postconditions are not allowed", detail, inner.span, hint="call it a precondition")
        case kind:
            yield error("Unsupported block type", f'An output has no "{kind}" block.', inner.span)
