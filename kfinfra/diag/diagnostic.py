"""What is told to the user about a mistake: fixed words (summary), what and why and what to do (detail, hint), and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum

from kfinfra.diag.source import Span


class Severity(Enum):
    """How bad: an error stops the command with exit code 1, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `summary` is a fixed phrase; `detail` sentences; `values` what the expression saw: (`var.n`, `1`)."""

    severity: Severity
    summary: str
    detail: str = ""
    span: Span | None = None
    address: str | None = None
    hint: str = ""
    values: tuple[tuple[str, str], ...] = ()

    def at(self, span: Span | None, address: str | None = None) -> Diagnostic:
        """The same message with a place (and an address), where it had none."""
        return replace(self, span=self.span or span, address=self.address or address)

    def order(self) -> tuple[str, int, int, str]:
        """A sort key: by file, line, column, then words; messages without a place come last."""
        if self.span is None:
            return ("\uffff", 0, 0, self.summary + self.detail)
        return (self.span.filename, self.span.start.line, self.span.start.column, self.summary)


class DiagnosticError(Exception):
    """A user's mistakes, raised where work cannot go on. Bugs raise anything else."""

    def __init__(self, diagnostics: Diagnostic | Iterable[Diagnostic]) -> None:
        found = (diagnostics,) if isinstance(diagnostics, Diagnostic) else tuple(diagnostics)
        self.diagnostics: tuple[Diagnostic, ...] = found
        super().__init__("; ".join(f"{d.summary}: {d.detail}" for d in found))


def error(
    summary: str,
    detail: str = "",
    span: Span | None = None,
    *,
    address: str | None = None,
    hint: str = "",
    values: tuple[tuple[str, str], ...] = (),
) -> Diagnostic:
    """An error diagnostic."""
    return Diagnostic(Severity.ERROR, summary, detail, span, address, hint, values)


def warning(
    summary: str, detail: str = "", span: Span | None = None, *, address: str | None = None, hint: str = ""
) -> Diagnostic:
    """A warning diagnostic."""
    return Diagnostic(Severity.WARNING, summary, detail, span, address, hint)
