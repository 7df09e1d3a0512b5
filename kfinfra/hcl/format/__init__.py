"""Source text in its canonical layout, byte for byte that of `terraform fmt`; comments stay, and twice is the same as once."""

from __future__ import annotations

from kfinfra.diag import DiagnosticError, SourceText, error
from kfinfra.hcl.format.layout import layout
from kfinfra.hcl.format.rewrite import rewrite
from kfinfra.hcl.format.tokens import ScanError, tokenize
from kfinfra.hcl.parser import parse

__all__ = ["format_source"]


def format_source(source: SourceText) -> str:
    """The text of `source`, formatted. Raises DiagnosticError where it does not parse.

    Terraform unwraps one level of `"${"${x}"}"` a run; here it goes on until nothing changes.
    """
    while (fresh := _once(source)) != source.text:
        source = SourceText(source.filename, fresh)
    return fresh


def _once(source: SourceText) -> str:
    body = parse(source)
    try:
        return layout(rewrite(tokenize(source.text), body))
    except ScanError as problem:
        detail = "This is not a token of the language."
        raise DiagnosticError(error("Invalid character", detail, source.span(problem.at, problem.at + 1))) from problem
