"""What only somebody at a terminal can say: a variable's value, yes."""

from __future__ import annotations

import os
import sys

from kfinfra.diag import DiagnosticError, error


def somebody_there() -> bool:
    """Whether a value can be asked for."""
    asking = os.environ.get("KFINFRA_INPUT", "").lower() not in ("0", "false")
    return asking and sys.stdin.isatty() and sys.stderr.isatty()


def ask_for(name: str, description: str, secret: bool) -> str:
    """A variable's value from the terminal; what is typed for a secret is not shown. Raises DiagnosticError at its end."""
    about = "".join(f"  {line}\n" for line in description.split("\n")) if description else ""
    sys.stderr.write(f"var.{name}\n{about}\n  Enter a value: ")
    sys.stderr.flush()
    try:
        if secret:
            from getpass import getpass

            return getpass("", sys.stderr)
        typed = sys.stdin.readline()
    except EOFError:
        typed = ""
    sys.stderr.write("\n")
    if not typed:
        detail = f'The input ended before a value was given for the variable "{name}".'
        raise DiagnosticError(error("No value for required variable", detail, hint=f"use -var '{name}=…' or a var file"))
    return typed.rstrip("\n")


def confirmed(
    question: str, auto_approve: bool, as_json: bool = False, flag: str = "-auto-approve", *, may_ask: bool = True
) -> bool:
    """Whether the user says yes; `flag` says it beforehand. Raises DiagnosticError where nobody can be asked."""
    if auto_approve:
        return True
    if as_json:
        raise DiagnosticError(
            error(
                "Plan file or auto-approve required", "Nobody can be asked with -json.", hint="use -auto-approve, or a saved plan"
            )
        )
    if not may_ask or not sys.stdin.isatty():
        why = "standard input is no terminal" if may_ask else "-input=false says that nothing may be asked"
        raise DiagnosticError(error("Nobody to ask", f"This would change things, and {why}.", hint=f"use {flag}"))
    sys.stderr.write(f"\n{question}\n  Only 'yes' will be accepted to approve.\n\n  Enter a value: ")
    sys.stderr.flush()
    return sys.stdin.readline().strip() == "yes"
