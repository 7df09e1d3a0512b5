"""Keyed digests of values that must not be kept, and idempotency tokens derived from what is wanted."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from dataclasses import replace

from kfinfra.model.address import Address
from kfinfra.model.plain import Plain, is_known
from kfinfra.model.resource import Desired

_TOKENS = uuid.UUID("6c5f1f0a-6a59-5d0b-9a55-7a5a1f1e6b0e")


def keyed_digest(key: str, value: Plain) -> str:
    """The HMAC-SHA256 (hex) of a value under the state's key; "unknown" where a part of it is not known."""
    if not is_known(value):
        return "unknown"
    return hmac.new(bytes.fromhex(key), canonical(value), hashlib.sha256).hexdigest()


def canonical(value: object) -> bytes:
    """A plain value as JSON bytes: the same value gives the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), default=str).encode()


def token(lineage: str, address: Address, wanted: object) -> str:
    """An idempotency token: the same for the same object with the same desired content in the same state's lineage."""
    content = hashlib.sha256(canonical(wanted)).hexdigest()
    return str(uuid.uuid5(_TOKENS, f"{lineage}/{address}/{content}"))


def with_digests(desired: Desired, key: str) -> Desired:
    """The desired resource with the keyed digests of its write-only values."""
    digests = {name: keyed_digest(key, value) for name, value in desired.secrets.items()}
    return replace(desired, resource=replace(desired.resource, write_only=digests))
