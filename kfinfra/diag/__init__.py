"""Spans and diagnostics: how a user's mistake is described. Nothing here prints, and nothing here reads a file."""

from kfinfra.diag.diagnostic import Called, Diagnostic, DiagnosticError, Severity, TypeName, error, undecided, warning
from kfinfra.diag.encoding import first_bad_byte, utf8
from kfinfra.diag.merging import merged
from kfinfra.diag.source import Position, SourceText, Span
from kfinfra.diag.suggest import did_you_mean, nearest_name
from kfinfra.diag.words import article, counted

__all__ = [
    "Called",
    "Diagnostic",
    "DiagnosticError",
    "Position",
    "Severity",
    "SourceText",
    "Span",
    "TypeName",
    "article",
    "counted",
    "did_you_mean",
    "error",
    "first_bad_byte",
    "merged",
    "nearest_name",
    "undecided",
    "utf8",
    "warning",
]
