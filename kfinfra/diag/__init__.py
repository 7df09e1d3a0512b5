"""Spans and diagnostics: how a user's mistake is described. Nothing here prints, and nothing here reads a file."""

from kfinfra.diag.diagnostic import Called, Diagnostic, DiagnosticError, Severity, TypeName, error, warning
from kfinfra.diag.source import Position, SourceText, Span
from kfinfra.diag.suggest import did_you_mean

__all__ = [
    "Called",
    "Diagnostic",
    "DiagnosticError",
    "Position",
    "Severity",
    "SourceText",
    "Span",
    "TypeName",
    "did_you_mean",
    "error",
    "warning",
]
