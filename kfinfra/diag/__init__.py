"""Spans and diagnostics: how a user's mistake is described. Nothing here prints, and nothing here reads a file."""

from kfinfra.diag.diagnostic import Diagnostic, DiagnosticError, Severity, error, warning
from kfinfra.diag.source import Position, SourceText, Span
from kfinfra.diag.suggest import did_you_mean

__all__ = [
    "Diagnostic",
    "DiagnosticError",
    "Position",
    "Severity",
    "SourceText",
    "Span",
    "did_you_mean",
    "error",
    "warning",
]
