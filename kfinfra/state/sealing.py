"""The port to encryption: what is written of a state, a journal or a plan goes through a sealer, and so does what is read."""

from __future__ import annotations

from typing import Protocol

from kfinfra.diag import DiagnosticError, error

MARK = "kfinfra_encrypted"
"""The first key of an encrypted document; JSON, on one line, so that it can be told from what is not encrypted."""
STATE, JOURNAL, PLAN = "state", "journal", "plan"


class Sealer(Protocol):
    """Makes bytes unreadable without a key, and readable again. `kind` is one of STATE, JOURNAL, PLAN."""

    def seal(self, data: bytes, kind: str) -> bytes:
        """`data` encrypted, on one line without its end; or `data` itself where nothing is encrypted. Raises DiagnosticError."""
        ...

    def open(self, data: bytes, kind: str, name: str) -> bytes:
        """What was sealed. Raises DiagnosticError where it cannot be told, or is not encrypted and should be."""
        ...


class Unsealed:
    """Nothing is encrypted."""

    def seal(self, data: bytes, kind: str) -> bytes:
        """`data` itself."""
        return data

    def open(self, data: bytes, kind: str, name: str) -> bytes:
        """`data` itself. Raises DiagnosticError where it is encrypted."""
        if is_sealed(data):
            detail = f"{name} is encrypted, and the configuration says nothing of how."
            hint = "write the encryption block that it was written with; nothing was changed"
            raise DiagnosticError(error(f"The {kind} is encrypted", detail, hint=hint))
        return data


def is_sealed(data: bytes) -> bool:
    """Whether `data` is an encrypted document."""
    return data.startswith(b'{"' + MARK.encode() + b'":')
