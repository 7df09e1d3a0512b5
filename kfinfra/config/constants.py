"""Values that must be written out, because they are needed before anything is evaluated: aliases, flags, versions."""

from __future__ import annotations

from kfinfra.config.module import Declared
from kfinfra.diag import DiagnosticError, error
from kfinfra.hcl.nodes import Attribute, Expr, Literal, Quoted


def constant(expr: Expr) -> str | bool | None:
    """The string or bool that `expr` writes out, or None where it is anything else."""
    match expr:
        case Literal(value=bool() as value):
            return value
        case Quoted(value=text):
            return text
        case _:
            return None


def constant_string(declared: Declared, attribute: Attribute) -> str:
    """The attribute's string. Raises DiagnosticError where it is not written out."""
    value = constant(attribute.expr)
    if not isinstance(value, str):
        raise DiagnosticError(
            error(
                "Invalid argument",
                f'"{attribute.name}" must be a string that is written out: no expression can be used here.',
                declared.expr_span(attribute.expr),
            )
        )
    return value


def constant_bool(declared: Declared, attribute: Attribute) -> bool:
    """The attribute's bool. Raises DiagnosticError where it is not written out."""
    value = {"true": True, "false": False}.get(str(constant(attribute.expr)), constant(attribute.expr))
    if not isinstance(value, bool):
        raise DiagnosticError(
            error(
                "Invalid argument", f'"{attribute.name}" must be true or false, written out.', declared.expr_span(attribute.expr)
            )
        )
    return value
