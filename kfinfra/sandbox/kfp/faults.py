"""What the server refuses, in the words and shapes of the real one: gRPC codes as its gateway writes them."""

from __future__ import annotations

from typing import Any

_STATUS = {"InvalidArgument": (400, 3), "NotFound": (404, 5), "AlreadyExists": (409, 6), "Unauthenticated": (401, 16)}
_STATUS |= {"PermissionDenied": (403, 7), "Aborted": (409, 10), "Internal": (500, 13)}


class Fault(Exception):
    """A refusal. `kind` is the gRPC code's name."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind, self.message = kind, message

    @property
    def status(self) -> int:
        """The HTTP status."""
        return _STATUS[self.kind][0]

    def body(self) -> dict[str, Any]:
        """The gateway's JSON."""
        return {"error": self.message, "code": _STATUS[self.kind][1], "message": self.message, "details": []}


def missing(what: str, identifier: str) -> Fault:
    """NotFound, as the resource manager words it."""
    return Fault("NotFound", f"{what} {identifier} not found")


def invalid(message: str) -> Fault:
    """InvalidArgument."""
    return Fault("InvalidArgument", f"Invalid input error: {message}")
