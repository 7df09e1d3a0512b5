"""What is told to the user about a mistake: fixed words (summary), what and why and what to do (detail, hint), and where."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from kfinfra.diag.source import Span


class Severity(Enum):
    """How bad: an error stops the command with exit code 1, a warning does not."""

    ERROR = "error"
    WARNING = "warning"


TypeName: TypeAlias = "str | tuple[TypeName, ...]"
"""A type as Terraform's JSON names it: `string`, `dynamic`, `("list", "string")`."""


@dataclass(frozen=True, slots=True)
class Called:
    """The function whose call failed: its parameters and what it gives, each with its type."""

    name: str
    parameters: tuple[tuple[str, TypeName], ...]
    variadic: tuple[str, TypeName] | None
    returns: TypeName

    def __str__(self) -> str:
        names = [name for name, _ in self.parameters] + ([f"{self.variadic[0]}..."] if self.variadic else [])
        return f"{self.name}({', '.join(names)})"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `summary` is a fixed phrase; `detail` sentences; `values` what the expression saw: (`var.n`, `is 1`).

    `call` is the function that failed, `context` the block that the place is in where that has no address, `others` how many
    addresses besides have the same to be told of. `undecided`: it is wrong only because a value is not known (yet).
    """

    severity: Severity
    summary: str
    detail: str = ""
    span: Span | None = None
    address: str | None = None
    hint: str = ""
    values: tuple[tuple[str, str], ...] = ()
    call: Called | None = None
    context: str = ""
    others: int = 0
    undecided: bool = False

    def at(self, span: Span | None, address: str | None = None) -> Diagnostic:
        """The same message with a place (and an address), where it had none."""
        return replace(self, span=self.span or span, address=self.address or address)

    def inside(self, context: str, block: Span) -> Diagnostic:
        """The same message with the block it is in (`output "x"`), where its place is in `block` and it has neither yet."""
        if self.span is None or self.address or self.context or self.span.filename != block.filename:
            return self
        within = block.start.byte <= self.span.start.byte <= block.end.byte
        return replace(self, context=context) if within else self

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
    call: Called | None = None,
) -> Diagnostic:
    """An error diagnostic."""
    return Diagnostic(Severity.ERROR, summary, detail, span, address, hint, values, call)


def undecided(summary: str, detail: str, span: Span | None = None, *, hint: str = "") -> Diagnostic:
    """An error of a plan that is none of the text: what must be known is not."""
    return replace(error(summary, detail, span, hint=hint), undecided=True)


def warning(
    summary: str, detail: str = "", span: Span | None = None, *, address: str | None = None, hint: str = ""
) -> Diagnostic:
    """A warning diagnostic."""
    return Diagnostic(Severity.WARNING, summary, detail, span, address, hint)
