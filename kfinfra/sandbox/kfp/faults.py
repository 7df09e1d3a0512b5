"""What the server refuses, in the shapes of the real one: its gateway's JSON, the upload handlers' own JSON, and plain text.

Facts: backend/src/common/util/error.go, apiserver/server/pipeline_upload_server.go of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

from typing import Any

_STATUS = {"InvalidArgument": (400, 3), "NotFound": (404, 5), "AlreadyExists": (409, 6), "PermissionDenied": (403, 7)}
_STATUS |= {"FailedPrecondition": (400, 9), "Aborted": (409, 10), "Internal": (500, 13), "Unauthenticated": (401, 16)}


class Fault(Exception):
    """A refusal. `kind` is the gRPC code's name, `message` what a client reads, `inner` the whole chain of errors."""

    def __init__(self, kind: str, message: str, inner: str | None = None) -> None:
        super().__init__(message)
        self.kind, self.message, self.inner = kind, message, inner or message

    @property
    def status(self) -> int:
        """The HTTP status."""
        return _STATUS[self.kind][0]

    def body(self) -> dict[str, Any]:
        """The gateway's JSON: the inner chain in `message`, what the client should read in `details`."""
        code = _STATUS[self.kind][1]
        detail = {"@type": "type.googleapis.com/google.rpc.Status", "code": code, "message": self.message}
        return {"code": code, "message": self.inner, "details": [detail]}

    def within(self, context: str) -> Fault:
        """The same refusal with more context before it."""
        return Fault(self.kind, self.message, f"{context}: {self.inner}")


class RefusedUpload(Exception):
    """A refusal by the upload handlers, which do not pass through the gateway. `plain` ones are text, not JSON."""

    def __init__(self, message: str, status: int = 400, plain: bool = False) -> None:
        super().__init__(message)
        self.message, self.status, self.plain = message, status, plain

    def body(self) -> dict[str, str]:
        """The JSON of those that are not plain."""
        return {"error_message": self.message, "error_details": self.message}


def missing(what: str, identifier: str) -> Fault:
    """NotFound, as the resource manager words it."""
    return Fault("NotFound", f"{what} {identifier} not found", f"ResourceNotFoundError: {what} {identifier} not found")


def invalid(message: str) -> Fault:
    """InvalidArgument."""
    return Fault("InvalidArgument", message, f"Invalid input error: {message}")


def taken(what: str, name: str) -> Fault:
    """AlreadyExists: a name that another object has."""
    message = f"Failed to create a new {what}. The name {name} already exists. Please specify a new name"
    return Fault("AlreadyExists", message, f"Already exist error: {message}")


def internal(context: str, cause: Fault) -> Fault:
    """A mistake of the client's that the server reports as its own (500): the client reads «Internal Server Error»."""
    return Fault("Internal", "Internal Server Error", f"InternalServerError: {context}: {cause.inner}")


def aborted(message: str, cause: str) -> Fault:
    """The server's «bad request» is gRPC Aborted, so it arrives as 409 (util.NewBadRequestError)."""
    return Fault("Aborted", message, f"BadRequestError: {message}: {cause}")
