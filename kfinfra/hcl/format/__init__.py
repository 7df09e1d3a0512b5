"""Source text in its canonical layout, byte for byte that of `terraform fmt`; comments stay, and twice is the same as once."""

from __future__ import annotations

from kfinfra.diag import SourceText
from kfinfra.hcl.format.layout import layout
from kfinfra.hcl.format.rewrite import rewrite
from kfinfra.hcl.format.tokens import tokenize
from kfinfra.hcl.parser import parse

__all__ = ["format_source"]


def format_source(source: SourceText) -> str:
    """The text of `source`, formatted. Raises DiagnosticError where it does not parse.

    Terraform unwraps one level of `"${"${x}"}"` a run; here it goes on until nothing changes.
    """
    text = source.text
    while True:
        body = parse(SourceText(source.filename, text))
        fresh = layout(rewrite(tokenize(text), body))
        if fresh == text:
            return fresh
        text = fresh
