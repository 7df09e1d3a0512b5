"""Objects by id: what every kind of the server has in common. Empty values are left out, as the gateway leaves them out."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kfinfra.sandbox.kfp.faults import internal, invalid, missing

Wire = dict[str, Any]
NEVER = "1970-01-01T00:00:00Z"


def now() -> str:
    """The time, to the second, as the database has it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def filled(wire: Mapping[str, Any]) -> Wire:
    """The fields that are not empty."""
    return {n: v for n, v in wire.items() if v not in (None, "", False, {}, [])}


def keep(table: dict[str, Wire], key: str, wire: Mapping[str, Any]) -> Wire:
    """A new object with an id of its own and the time."""
    identifier = str(uuid.uuid4())
    table[identifier] = {key: identifier, **filled(wire), "created_at": now()}
    return table[identifier]


def get(table: Mapping[str, Wire], what: str, identifier: str) -> Wire:
    """An object. Raises Fault."""
    if identifier not in table:
        raise missing(what, identifier)
    return table[identifier]


def check_length(field: str, value: str, most: int) -> None:
    """Raises Fault: over-long values in JSON requests are answered with 500 (api_converter.go around ValidateModel)."""
    if len(value.encode()) > most:
        raise internal("Failed to convert the API object to its model", invalid(f"{field} length cannot exceed {most}"))


def check_tags(tags: Mapping[str, str] | None) -> None:
    """Raises Fault for what model/pipeline_tags.go refuses."""
    tags = tags or {}
    if len(tags) > 20:
        raise invalid(f"number of tags ({len(tags)}) exceeds maximum of 20 per entity")
    for key, value in tags.items():
        if not key:
            raise invalid("tag key cannot be empty")
        if "." in key:
            raise invalid(f"tag key {key!r} must not contain '.' character")
        if len(key) > 63 or len(value) > 63:
            raise invalid(f"tag {key!r}: key or value exceeds maximum length of 63 characters")
