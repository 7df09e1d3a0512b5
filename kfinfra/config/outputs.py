"""Outputs as they are declared: what a block may hold, and what must hold before its value is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kfinfra.config.conditions import Rule, mistakes, read_rule
from kfinfra.config.module import Declared
from kfinfra.diag import Diagnostic, did_you_mean, error

FAILED = "Module output value precondition failed"
_ARGUMENTS = ("value", "description", "sensitive", "depends_on")


def preconditions(output: Declared) -> Iterator[Rule]:
    """The output's rules; `output_mistakes` has told what is wrong with them."""
    for inner in output.block.body.blocks:
        if inner.type == "precondition":
            yield read_rule(output.inner(inner), "A precondition")


def has_preconditions(output: Declared) -> bool:
    """Whether anything must hold."""
    return any(inner.type == "precondition" for inner in output.block.body.blocks)


def output_mistakes(outputs: Iterable[Declared]) -> Iterator[Diagnostic]:
    """What is wrong with output blocks as they are written."""
    for block in outputs:
        for attribute in block.block.body.attributes:
            if attribute.name not in _ARGUMENTS:
                detail = f'An output has no argument "{attribute.name}".{did_you_mean(attribute.name, _ARGUMENTS)}'
                yield error("Unsupported argument", detail, block.name_span(attribute))
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
