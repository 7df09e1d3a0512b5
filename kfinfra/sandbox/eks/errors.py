"""EKS's refusals: an exception's name goes into the header that SDKs read, its words into the body."""

from __future__ import annotations

from dataclasses import dataclass

STATUS = {
    "InvalidParameterException": 400,
    "InvalidRequestException": 400,
    "ResourceLimitExceededException": 400,
    "BadRequestException": 400,
    "ResourceNotFoundException": 404,
    "NotFoundException": 404,
    "ResourceInUseException": 409,
    "MissingAuthenticationTokenException": 403,
    "UnknownOperationException": 404,
}


@dataclass(frozen=True)
class Refusal(Exception):
    """A call that EKS refuses; `code` is a key of STATUS."""

    code: str
    message: str

    @property
    def status(self) -> int:
        """The HTTP status."""
        return STATUS[self.code]


def invalid(message: str) -> Refusal:
    """A parameter that cannot be."""
    return Refusal("InvalidParameterException", message)


def missing(message: str) -> Refusal:
    """Something that is not there."""
    return Refusal("ResourceNotFoundException", message)
