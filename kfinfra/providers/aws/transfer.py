"""Files to and from S3: the one small interface that a sync moves content through, and boto3 as one implementation of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from kfinfra.diag import DiagnosticError, error
from kfinfra.providers.aws.client import Aws, code_of
from kfinfra.providers.aws.moving import Lanes, Tell

BIG = 64 * 1024 * 1024
"""From this size on a file is fetched in parts, side by side."""
SMALL = 8 * 1024 * 1024
"""Up to this size a file is sent in one call."""
PART = 16 * 1024 * 1024
PARTS_AT_ONCE = 4
BIG_AT_ONCE = 4
"""So many files that go in parts: each holds its parts in memory."""
_CHUNK = 1024 * 1024


class Transfer(Protocol):
    """Moves whole files. Its methods raise botocore's errors, or a DiagnosticError; safe to use from several threads.

    `sending` and `fetching`: from how many threads it is worth using.
    """

    @property
    def sending(self) -> Lanes:
        """Threads for uploads."""
        ...

    @property
    def fetching(self) -> Lanes:
        """Threads for downloads."""
        ...

    def send(self, path: Path, key: str, tell: Tell) -> str:
        """Uploads a file; returns the ETag that S3 gave it. `tell` hears of each part."""
        ...

    def fetch(self, key: str, etag: str, size: int, to: Path, tell: Tell) -> None:
        """Writes the object to a new file and makes it durable, if it still is the one with this ETag and size."""
        ...


class BotoTransfer:
    """boto3: a big file is sent in parts by s3transfer, and never read whole."""

    sending = ((0, 16), (SMALL, BIG_AT_ONCE))
    fetching = ((0, 16), (BIG, BIG_AT_ONCE))

    def __init__(self, aws: Aws, bucket: str) -> None:
        self._aws, self._bucket = aws, bucket

    def send(self, path: Path, key: str, tell: Tell) -> str:
        """Uploads a file, with a checksum that S3 keeps; returns its ETag."""
        s3 = self._aws.s3
        if (size := path.stat().st_size) < SMALL:
            with path.open("rb") as body:
                sent: str = s3.put_object(Bucket=self._bucket, Key=key, Body=body, ChecksumAlgorithm="SHA256")["ETag"]
            tell(size)
            return sent
        s3.upload_file(str(path), self._bucket, key, ExtraArgs={"ChecksumAlgorithm": "SHA256"}, Callback=tell)
        etag: str = s3.head_object(Bucket=self._bucket, Key=key)["ETag"]
        return etag

    def fetch(self, key: str, etag: str, size: int, to: Path, tell: Tell) -> None:
        """Writes the object to `to`."""
        descriptor = os.open(to, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o666)
        try:
            if size < BIG:
                self._part(descriptor, key, etag, tell, 0, None)
            else:
                with ThreadPoolExecutor(PARTS_AT_ONCE) as pool:
                    starts: Iterable[int] = range(0, size, PART)
                    list(
                        pool.map(
                            lambda start: self._part(descriptor, key, etag, tell, start, min(start + PART, size) - 1), starts
                        )
                    )
            if os.fstat(descriptor).st_size != size:
                raise changed(key)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def _part(self, descriptor: int, key: str, etag: str, tell: Tell, start: int, last: int | None) -> None:
        from botocore.exceptions import ClientError

        asked: dict[str, Any] = {} if last is None else {"Range": f"bytes={start}-{last}"}
        try:
            body = self._aws.s3.get_object(Bucket=self._bucket, Key=key, IfMatch=etag, **asked)["Body"]
        except ClientError as problem:
            if code_of(problem) in ("PreconditionFailed", "412", "NoSuchKey"):
                raise changed(key) from problem
            raise
        at = start
        for chunk in body.iter_chunks(_CHUNK):
            os.pwrite(descriptor, chunk, at)
            at += len(chunk)
            tell(len(chunk))


def changed(key: str) -> DiagnosticError:
    """The error for an object that is not any more what was planned."""
    detail = f"{key} is no longer the object that was planned."
    return DiagnosticError(error("Object changed while it was synced", detail, hint="plan and apply again"))
