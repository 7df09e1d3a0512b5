"""Files to and from S3 by obstore (Rust), ten times as fast as boto3 for small ones; and which of the two a bucket gets.

The control plane stays with boto3, whose credentials, region and endpoint obstore is given: it reads AWS_… variables of this
process by itself, which may not be those that the provider was given. What it refuses or fails at (keys such as `a//b`, a lost
permission) is done again by boto3, whose errors become diagnostics. Only its synchronous functions are used, from threads: its
asynchronous ones do not survive the end of an interpreter.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any, BinaryIO

from kfinfra.providers.aws.client import Aws
from kfinfra.providers.aws.moving import Tell
from kfinfra.providers.aws.transfer import BIG, BIG_AT_ONCE, PART, PARTS_AT_ONCE, SMALL, BotoTransfer, Transfer, changed

_OWN = (
    "AWS_SKIP_SIGNATURE",
    "AWS_SERVER_SIDE_ENCRYPTION",
    "AWS_SSE",
    "AWS_REQUEST_PAYER",
    "AWS_S3_EXPRESS",
    "AWS_CONDITIONAL_PUT",
)
_CERTIFICATES = ("AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE")


def transfer_for(aws: Aws, bucket: str) -> Transfer:
    """The fastest transfer that does what boto3 would do for this bucket."""
    plain = BotoTransfer(aws, bucket)
    encrypted = not aws.s3.meta.endpoint_url.startswith("http://")
    if (encrypted and aws.setting(*_CERTIFICATES)) or any(name.startswith(_OWN) for name in os.environ):
        return plain  # boto3 alone knows what these mean
    region = aws.s3.head_bucket(Bucket=bucket).get("BucketRegion")
    if aws.session.get_credentials() is None or region not in (None, aws.s3.meta.region_name):
        return plain  # it follows to other regions, and says best what is missing
    return ObstoreTransfer(aws, bucket, plain)


class ObstoreTransfer:
    """obstore, and boto3 for what obstore cannot do."""

    sending = ((0, 64), (SMALL, BIG_AT_ONCE))
    fetching = ((0, 64), (BIG, BIG_AT_ONCE))

    def __init__(self, aws: Aws, bucket: str, plain: BotoTransfer) -> None:
        from obstore.auth.boto3 import Boto3CredentialProvider
        from obstore.store import S3Store

        self._plain = plain
        endpoint = aws.s3.meta.endpoint_url
        config: Any = {
            "endpoint": endpoint,
            "aws_endpoint_url_s3": endpoint,
            "region": aws.s3.meta.region_name,
            "checksum_algorithm": "SHA256",
            "virtual_hosted_style_request": False,
        }
        self._store = S3Store(
            bucket,
            config=config,
            client_options={"allow_http": True, "connect_timeout": timedelta(seconds=10), "timeout": timedelta(minutes=10)},
            retry_config={"max_retries": 4, "retry_timeout": timedelta(minutes=2)},
            credential_provider=Boto3CredentialProvider(aws.session, ttl=timedelta(minutes=5)),
        )

    def send(self, path: Path, key: str, tell: Tell) -> str:
        """Uploads a file; returns its ETag."""
        import obstore
        from obstore.exceptions import BaseError

        if (size := path.stat().st_size) >= SMALL:
            return self._plain.send(path, key, tell) if _odd(key) else self._send_big(path, key, tell)
        if not _odd(key):
            try:
                etag = obstore.put(self._store, key, path.read_bytes(), use_multipart=False)["e_tag"]
                if etag:
                    tell(size)
                    return etag
            except BaseError:
                pass  # boto3 does it, or says why not
        return self._plain.send(path, key, tell)

    def _send_big(self, path: Path, key: str, tell: Tell) -> str:
        import obstore
        from obstore.exceptions import BaseError

        try:
            with path.open("rb") as stream:
                counted: Any = _Counted(stream, tell)
                sent = obstore.put(self._store, key, counted, chunk_size=SMALL, max_concurrency=PARTS_AT_ONCE)["e_tag"]
        except BaseError:
            sent = None  # as above
        return sent or self._plain.send(path, key, tell)

    def fetch(self, key: str, etag: str, size: int, to: Path, tell: Tell) -> None:
        """Writes the object to `to`."""
        from obstore.exceptions import BaseError, NotFoundError, PreconditionError

        if _odd(key):
            self._plain.fetch(key, etag, size, to, tell)
            return
        try:
            self._fetch(key, etag, size, to, tell)
        except (PreconditionError, NotFoundError, FileNotFoundError) as problem:
            raise changed(key) from problem
        except BaseError:
            self._plain.fetch(key, etag, size, to, tell)

    def _fetch(self, key: str, etag: str, size: int, to: Path, tell: Tell) -> None:
        descriptor = os.open(to, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o666)
        try:
            if size < BIG:
                self._part(descriptor, key, etag, tell, 0, None)
            else:
                starts: Iterable[int] = range(0, size, PART)
                with ThreadPoolExecutor(PARTS_AT_ONCE) as pool:
                    list(pool.map(lambda start: self._part(descriptor, key, etag, tell, start, min(start + PART, size)), starts))
            if os.fstat(descriptor).st_size != size:
                raise changed(key)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _part(self, descriptor: int, key: str, etag: str, tell: Tell, start: int, end: int | None) -> None:
        import obstore

        options: Any = {"if_match": etag} | ({} if end is None else {"range": (start, end)})
        at = start
        for chunk in obstore.get(self._store, key, options=options):
            os.pwrite(descriptor, bytes(chunk), at)
            at += len(chunk)
            tell(len(chunk))


class _Counted:
    """A file that tells how much of it was read; obstore sends what it reads, a few parts at a time."""

    def __init__(self, stream: BinaryIO, tell: Tell) -> None:
        self._stream, self._tell = stream, tell

    def read(self, size: int = -1) -> bytes:
        """Some more of it."""
        found = self._stream.read(size)
        self._tell(len(found))
        return found

    def seek(self, offset: int, whence: int = 0) -> int:
        """Goes elsewhere."""
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        """Where it is."""
        return self._stream.tell()


def _odd(key: str) -> bool:
    """Keys that obstore reads as another path, or refuses."""
    return any(part in ("", ".", "..") for part in key.split("/")) or "\0" in key or "%" in key
