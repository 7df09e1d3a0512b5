"""Refusals as Status objects, in the API server's own words (k8s.io/apimachinery/pkg/api/errors)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_CODES = {
    "AlreadyExists": 409,
    "BadRequest": 400,
    "Conflict": 409,
    "Expired": 410,
    "Forbidden": 403,
    "InternalError": 500,
    "Invalid": 422,
    "MethodNotAllowed": 405,
    "NotFound": 404,
    "UnsupportedMediaType": 415,
}


class Fault(Exception):
    """A refusal: reason, message, and causes (reason, message, field)."""

    def __init__(
        self, reason: str, message: str, causes: Sequence[tuple[str, str, str]] = (), about: tuple[str, str] = ("", "")
    ) -> None:
        super().__init__(message)
        self.reason, self.message, self.causes, self.about = reason, message, causes, about

    @property
    def code(self) -> int:
        """The HTTP status."""
        return _CODES[self.reason]

    def body(self) -> dict[str, Any]:
        """The Status."""
        details: dict[str, Any] = {n: v for n, v in zip(("kind", "name"), self.about, strict=True) if v}
        if self.causes:
            details["causes"] = [{"reason": r, "message": m, "field": f} for r, m, f in self.causes]
        return {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": details,
            "code": self.code,
        }


def not_found(plural: str, name: str) -> Fault:
    """404."""
    return Fault("NotFound", f'{plural} "{name}" not found', about=(plural, name))


def invalid(kind: str, name: str, causes: Sequence[tuple[str, str, str]]) -> Fault:
    """422: causes are (reason, message, field)."""
    words = [f"{field}: {message}" for _, message, field in causes]
    said = words[0] if len(words) == 1 else f"[{', '.join(words)}]"
    return Fault("Invalid", f'{kind} "{name}" is invalid: {said}', causes, (kind, name))
