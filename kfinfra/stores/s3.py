"""Objects of a state in a bucket: KEY, and beside it KEY.lock, KEY.backup, KEY.journal/…, KEY.conflict/…"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from time import sleep
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes
from kfinfra.providers.aws.client import Aws, code_of, translated
from kfinfra.stores.objects import Held, Stale
from kfinfra.stores.remote import STATE

GENERATION = "kfinfra-journal"
"""The metadata of the state's object that names its journal (x-amz-meta-kfinfra-journal)."""
_STALE = frozenset({"PreconditionFailed", "412", "NoSuchKey"})
_RACED = "ConditionalRequestConflict"
"""Another request was at work on the same key at this moment (409): S3 asks for another attempt."""
_MISSING = frozenset({"NoSuchKey", "404"})
_AT_ONCE = 16
_ATTEMPTS = 5
_PAGE = 1000


class S3Objects:
    """Objects under a key, in the bucket of an s3 backend's arguments. boto3 is imported at the first call."""

    def __init__(self, config: Attributes, key: str, env: Mapping[str, str]) -> None:
        endpoints = config.get("endpoints")
        own = dict(endpoints) if isinstance(endpoints, dict) else {}
        if config.get("endpoint"):
            own["s3"] = own.get("s3") or config["endpoint"]
        self._aws = Aws({**config, "endpoints": own}, env)
        self._bucket, self._key = str(config["bucket"]), key
        self._encryption: dict[str, Any] = {}
        if config.get("kms_key_id"):
            self._encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": config["kms_key_id"]}
        elif config.get("encrypt"):
            self._encryption = {"ServerSideEncryption": "AES256"}

    def shown(self, name: str) -> str:
        """The object's URL."""
        return f"s3://{self._bucket}/{self._named(name)}"

    def get(self, name: str) -> Held | None:
        """The object with its ETag, or None."""
        with self._doing("read", name):
            try:
                found = self._aws.s3.get_object(Bucket=self._bucket, Key=self._named(name))
                note = found.get("Metadata", {}).get(GENERATION, "")
                return Held(found["Body"].read(), self._tag(found, name), note, _age(found))
            except self._aws.s3.exceptions.ClientError as problem:
                if code_of(problem) in _MISSING:
                    return None
                raise

    def put(self, name: str, data: bytes, expected: str | None, note: str = "") -> str:
        """A conditional PUT; the new ETag. Raises Stale."""
        extra: dict[str, Any] = {"IfNoneMatch": "*"} if expected is None else {"IfMatch": expected}
        extra |= {"Metadata": {GENERATION: note}} if note else {}
        extra |= {"Body": data, "ContentType": "application/json", **self._encryption}
        for attempt in range(_ATTEMPTS):
            with self._doing("write", name):
                try:
                    return self._tag(self._aws.s3.put_object(Bucket=self._bucket, Key=self._named(name), **extra), name)
                except self._aws.s3.exceptions.ClientError as problem:
                    if code_of(problem) in _STALE:
                        raise Stale from problem
                    if code_of(problem) != _RACED:
                        raise
            sleep(random.uniform(0.5, 1.0) * 0.1 * 2**attempt)
        raise Stale

    def copy(self, source: str, target: str) -> None:
        """A copy that the server makes."""
        with self._doing("copy", source):
            self._aws.s3.copy_object(
                Bucket=self._bucket,
                Key=self._named(target),
                CopySource={"Bucket": self._bucket, "Key": self._named(source)},
                **self._encryption,
            )

    def names(self, prefix: str) -> Sequence[str]:
        """The names under a prefix, page by page."""
        whole = self._named(prefix)
        return sorted(prefix + key[len(whole) :] for key in self._keys(whole))

    def between(self, before: str, after: str) -> Sequence[str]:
        """What stands between `before` and `after` in keys that begin with this one, where it has no slash."""
        whole = self._key + before
        found = (k[len(whole) : -len(after)] for k in self._keys(whole) if k.endswith(after) and len(k) > len(whole) + len(after))
        return sorted(name for name in found if "/" not in name)

    def _keys(self, prefix: str) -> list[str]:
        with self._doing("list", STATE):
            pages = self._aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            return [o["Key"] for page in pages for o in page.get("Contents", ())]

    def contents(self, names: Sequence[str]) -> Sequence[bytes | None]:
        """The contents, several requests at once."""

        def content(name: str) -> bytes | None:
            found = self.get(name)
            return found.data if found is not None else None

        if len(names) < 2:
            return [content(name) for name in names]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            return list(pool.map(content, names))

    def delete(self, names: Sequence[str]) -> None:
        """Deletes them: one by one where they are few, else as many as a request takes."""
        if len(names) < 4:
            for name in names:
                with self._doing("delete", name):
                    self._aws.s3.delete_object(Bucket=self._bucket, Key=self._named(name))
            return
        for start in range(0, len(names), _PAGE):
            keys = [{"Key": self._named(name)} for name in names[start : start + _PAGE]]
            with self._doing("delete", names[start]):
                done = self._aws.s3.delete_objects(Bucket=self._bucket, Delete={"Objects": keys, "Quiet": True})
            for problem in done.get("Errors", ()):
                said = f"{problem.get('Code')}: {problem.get('Message')}"
                raise DiagnosticError(error("AWS refused to delete a part of the state", f"{problem.get('Key')}: {said}"))

    def _named(self, name: str) -> str:
        return self._key if name == STATE else f"{self._key}.{name}"

    def _tag(self, answer: Any, name: str) -> str:
        tag = answer.get("ETag")
        if not tag:
            detail = f"The answer about {self.shown(name)} has no ETag, so it does not come from S3."
            hint = "check the endpoint: a proxy or a login page may stand before it"
            raise DiagnosticError(error("Not an S3 server", detail, hint=hint))
        return str(tag)

    @contextmanager
    def _doing(self, verb: str, name: str) -> Iterator[None]:
        with translated(f"{verb} {self.shown(name)}"):
            yield


def _age(answer: Any) -> float:
    """How old the object is: both times are the server's."""
    try:
        now = parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
        return max(0.0, float((now - answer["LastModified"]).total_seconds()))
    except (KeyError, TypeError, ValueError):
        return 0.0
