"""The API server's refusals as diagnostics: what was being done, what the server says, what to do."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from kfinfra.diag import DiagnosticError, error

_WORDS = {
    400: ("Kubernetes cannot read the request", "change what the message names"),
    401: (
        "Kubernetes does not know who you are",
        "the credentials have expired or belong to another cluster: log in again "
        "(for EKS: aws sso login, aws eks update-kubeconfig)",
    ),
    403: ("Kubernetes refuses", "ask for a Role that allows it; kubectl auth can-i tells what is allowed"),
    404: ("Not found in Kubernetes", "it may have been deleted meanwhile, with its namespace: plan again"),
    409: ("Conflict in Kubernetes", "somebody changed it at the same time: plan and apply again"),
    410: ("Listing took too long", "the server forgot where the list stood: try again"),
    422: ("Kubernetes finds this invalid", "change what the message names"),
    429: ("Kubernetes is overloaded", "try again later, or with a lower -parallelism"),
}
_NOT_AN_API = "check the provider's host or the kubeconfig: this is no API server, or a proxy or login page stands before it"


class Refused(DiagnosticError):
    """An answer that is not what was asked for. `status` is HTTP's, `body` the Status object where there is one."""

    def __init__(self, doing: str, status: int, text: str) -> None:
        self.status, self.body = status, _status_object(text)
        details = self.body.get("details")
        self.details: Mapping[str, Any] = details if isinstance(details, dict) else {}
        super().__init__(_words(doing, status, self.body, text))

    @property
    def missing(self) -> bool:
        """Whether an API server says that the object is not there; any other 404 is a wrong address, and tells nothing."""
        return self.status == 404 and bool(self.body)

    @property
    def conflicts(self) -> list[tuple[str, str]]:
        """Of a server-side apply conflict: what the server says of who owns the field, and the field."""
        causes = self.details.get("causes") or ()
        return [(str(c.get("message", "")), str(c.get("field", ""))) for c in causes if c.get("reason") == "FieldManagerConflict"]


def _status_object(text: str) -> Mapping[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}


def _words(doing: str, status: int, body: Mapping[str, Any], text: str) -> Any:
    if not body and status not in (401, 429, 502, 503, 504):
        return not_an_api(doing, status, text)
    summary, hint = _WORDS.get(status, ("Kubernetes failed", "try again; if it lasts, look at the API server"))
    said = str(body.get("message") or f"HTTP {status}")
    return error(summary, f"Could not {doing}: {said.rstrip('.')}.", hint=hint)


def not_an_api(doing: str, status: int, text: str) -> Any:
    """The diagnostic for an answer that no API server gives: HTML, an empty body, another JSON."""
    kind = "HTML" if text.lstrip()[:1] == "<" else "no Kubernetes object"
    shown = " ".join(text.split())[:80]
    detail = f"Could not {doing}: the answer (HTTP {status}) is {kind}" + (f": {shown}" if shown and kind != "HTML" else "") + "."
    return error("Not a Kubernetes API server", detail, hint=_NOT_AN_API)


def conflict(title: str, conflicts: Sequence[tuple[str, str]]) -> DiagnosticError:
    """A server-side apply conflict: (message, field) of each; which managers own which fields, and the ways out."""
    lines = [f"{field.lstrip('.')} ({message})" for message, field in conflicts]
    return DiagnosticError(
        error(
            "Field is managed by somebody else",
            f"{title} has fields that another manager has changed: {'; '.join(lines)}.",
            hint="write the value that is there now, or leave it to them with lifecycle { ignore_changes = [ … ] }; "
            'to take it over, set force_conflicts = true in provider "kubernetes"',
        )
    )
