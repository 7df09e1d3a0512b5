"""Whether objects still hold what was sent: by the checksum that S3 keeps, else by reading them."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

from kfinfra.model.plain import Plain
from kfinfra.providers.aws.prefix import Prefix

READERS = 16
_CHUNK = 1024 * 1024


def spoiled(place: Prefix, wanted: Mapping[str, str]) -> dict[str, Plain]:
    """Of these files (path to sha256) those that hold something else, with what they hold. Raises botocore's errors."""
    with ThreadPoolExecutor(READERS) as pool:
        found = zip(wanted, pool.map(lambda name: _sha256(place, name), wanted), strict=True)
        return {name: f"spoiled (sha256 {got})" for name, got in found if got != wanted[name]}


def _sha256(place: Prefix, name: str) -> str:
    """An object's sha256 (hex). The checksum of an upload in parts is one of its parts' checksums, and tells nothing here."""
    s3, key = place.aws.s3, place.key(name)
    kept = s3.head_object(Bucket=place.bucket, Key=key, ChecksumMode="ENABLED").get("ChecksumSHA256") or ""
    if kept and "-" not in kept:
        return base64.b64decode(kept).hex()
    digest = hashlib.sha256()
    for chunk in s3.get_object(Bucket=place.bucket, Key=key)["Body"].iter_chunks(_CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
