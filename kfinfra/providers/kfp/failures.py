"""What a KFP server's refusals mean to a user: status and body to diagnostics. Pure; secrets are never in it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from kfinfra.diag import DiagnosticError, error

_TAG = re.compile(r"<style.*?</style>|<script.*?</script>|<[^>]*>", re.DOTALL | re.IGNORECASE)
_HINTS = {
    401: 'the token is missing or has expired: set token or token_file in provider "kfp", or log in again',
    403: "the user or the token's audience is not allowed this in the namespace: check user_header, token and the role",
    404: "check the host: it is the address before /apis/v2beta1",
    413: "the package is larger than the server or a proxy before it takes (KFP: 32 MiB, Argo: about 700 kB)",
    429: "the server is overloaded: try again later",
    503: "the API server is not ready: try again later",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server answered: status, headers (names in lower case), the body."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def is_html(self) -> bool:
        """Whether it is a page for people."""
        return "html" in self.headers.get("content-type", "") or self.body.lstrip()[:1] == b"<"


class Refused(DiagnosticError):
    """A call that the server answered with an error; `status` lets the caller tell what is no error to it."""

    def __init__(self, doing: str, answer: Answer) -> None:
        self.status = answer.status
        summary = f"KFP refused to {doing}"
        super().__init__(error(summary, f"HTTP {answer.status}: {said(answer)}", hint=_HINTS.get(answer.status, "")))


def said(answer: Answer) -> str:
    """The message in an error's body: JSON of grpc-gateway or of the upload handler, or plain text."""
    text = answer.body.decode(errors="replace").strip()
    if answer.is_html:
        return _short(" ".join(_TAG.sub(" ", text).split())) or "no message"
    try:
        body = json.loads(text)
    except ValueError:
        return _short(text) or "no message"
    if isinstance(body, dict):
        parts = [str(body[k]) for k in ("error_message", "message", "error", "error_details") if body.get(k)]
        return _short(": ".join(dict.fromkeys(parts))) or "no message"
    return _short(text)


def _short(text: str, limit: int = 600) -> str:
    return text if len(text) <= limit else text[:limit] + "…"


def not_kfp(host: str, answer: Answer) -> DiagnosticError:
    """The answer of something else than the API: a login page, a dashboard, a redirect."""
    where = answer.headers.get("location", "").partition("?")[0]
    what = f"a redirect to {where}" if 300 <= answer.status < 400 else "HTML" if answer.is_html else "something that is no JSON"
    return DiagnosticError(
        error(
            "Not the KFP API",
            f"{host} answered {what} (HTTP {answer.status}): not the KFP API, or a login page before it.",
            hint='check host (KF_PIPELINES_ENDPOINT), and token, token_file or cookies in provider "kfp"',
        )
    )


class Unreachable(DiagnosticError):
    """The server did not answer."""


def unreachable(host: str, doing: str, why: str) -> Unreachable:
    """No answer at all."""
    hint = "check host (KF_PIPELINES_ENDPOINT), the network, and a port-forward if you use one"
    if "certificate" in why.lower() or "ssl" in why.lower():
        hint = 'set ca_certificate in provider "kfp" to the authority that signed the server\'s certificate'
    return Unreachable(error("KFP cannot be reached", f"Could not {doing} at {host}: {why}.", hint=hint))


def no_host() -> DiagnosticError:
    """No address is known."""
    return DiagnosticError(
        error(
            "No KFP endpoint",
            "It is not known where the KFP API is.",
            hint='set host in provider "kfp", or KF_PIPELINES_ENDPOINT; '
            "for a quick start: kubectl port-forward -n kubeflow svc/ml-pipeline 8888, and http://localhost:8888",
        )
    )


def bad_host(why: str) -> DiagnosticError:
    """The address is no URL."""
    detail = f"The address of the KFP API is no URL. {why}"
    return DiagnosticError(error("Invalid KFP endpoint", detail, hint='check host in provider "kfp", or KF_PIPELINES_ENDPOINT'))


def no_namespace(what: str) -> DiagnosticError:
    """A multi-user server wants to know the profile."""
    return DiagnosticError(
        error(
            "Namespace is missing",
            f"This KFP server serves several users: {what} belongs to a namespace (a profile), and none is written.",
            hint='write namespace = … , or set namespace in provider "kfp"',
        )
    )
