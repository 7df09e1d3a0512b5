"""What a check block, or the conditions of an output or a resource, said of one instance: kept by plans and by state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from kfinfra.model.address import Address

CHECK, OUTPUT = "check", "output"
"""The first word of an address that conditions stand at and that is no resource's."""


class Status(Enum):
    """How a condition came out; the value is Terraform's. ERROR: it could not be worked out."""

    PASS = "pass"
    FAIL = "fail"
    UNKNOWN = "unknown"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Checked:
    """The conditions at `address` (`module.a[0].check.health`) together; `problems` are the messages of those that failed."""

    address: Address
    status: Status
    problems: tuple[str, ...] = ()


def together(found: Iterable[Status]) -> Status:
    """Several as one, the worst first, as Terraform does (internal/checks, status_aggregate.go); with none it is a pass."""
    every = set(found)
    return next((s for s in (Status.ERROR, Status.FAIL, Status.UNKNOWN) if s in every), Status.PASS)
