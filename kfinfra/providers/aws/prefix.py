"""A prefix that a sync keeps: its objects, the manifest of what was sent, and what a killed upload left behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from kfinfra.diag import DiagnosticError, error
from kfinfra.providers.aws.client import Aws, code_of

MANIFEST = ".kfinfra-manifest.json"
BATCH = 1000
"""The most keys of one DeleteObjects: docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A file that was sent: its content, and the ETag that S3 gave it (opaque: no MD5 for parts or KMS)."""

    sha256: str
    etag: str


class _Written(msgspec.Struct):
    """A manifest as it is written: JSON."""

    owner: str | None
    files: Mapping[str, Entry]
    left: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What was sent under a prefix and by whom (None: it was let go of).

    `left`: files that are gone from the folder and were not deleted. `etag` is that of the manifest's own object, None before
    there is one: what is written in its place must know it.
    """

    owner: str | None
    files: Mapping[str, Entry] = field(default_factory=dict)
    left: Sequence[str] = ()
    etag: str | None = field(default=None, compare=False)

    @property
    def names(self) -> set[str]:
        """Every file that was ever sent and not deleted."""
        return {*self.files, *self.left}


def quoted(etag: str) -> str:
    """An ETag as HTTP has it: some servers list it without its quotes."""
    bare = etag.strip('"')
    return f'"{bare}"'


@dataclass(frozen=True, slots=True)
class Listed:
    """An object as a list tells of it; `size` in bytes."""

    etag: str
    size: int


@dataclass(frozen=True, slots=True)
class Prefix:
    """A place in a bucket. Its methods raise botocore's errors; names are relative to the prefix."""

    aws: Aws
    bucket: str
    prefix: str

    @property
    def url(self) -> str:
        """As a user reads it."""
        return f"s3://{self.bucket}/{self.prefix}"

    def key(self, name: str) -> str:
        """The object's key."""
        return f"{self.prefix}/{name}"

    def manifest(self) -> Manifest | None:
        """The manifest, None where there is none. Raises DiagnosticError where it is not one."""
        from botocore.exceptions import ClientError

        try:
            answer = self.aws.s3.get_object(Bucket=self.bucket, Key=self.key(MANIFEST))
            text = answer["Body"].read()
        except ClientError as problem:
            if code_of(problem) in ("NoSuchKey", "404"):
                return None
            raise
        try:
            found = msgspec.json.decode(text, type=_Written)
        except (msgspec.MsgspecError, UnicodeDecodeError) as problem:
            detail = f"{self.url}/{MANIFEST} is not what a sync writes: {problem}."
            hint = "restore an earlier version of the object, or delete it: then every file is sent again"
            raise DiagnosticError(error("Manifest is damaged", detail, hint=hint)) from problem
        return Manifest(found.owner, found.files, found.left, answer["ETag"])

    def write(self, manifest: Manifest) -> str:
        """Writes the manifest, after what it lists, in the place of the one that it was made from; returns its ETag.

        Raises DiagnosticError where another sync has written one since.
        """
        from botocore.exceptions import ClientError

        body = msgspec.json.encode(_Written(manifest.owner, manifest.files, manifest.left), order="deterministic")
        fence = {"IfNoneMatch": "*"} if manifest.etag is None else {"IfMatch": manifest.etag}
        place = {"Bucket": self.bucket, "Key": self.key(MANIFEST), "ContentType": "application/json"}
        try:
            etag: str = self.aws.s3.put_object(**place, Body=body, **fence)["ETag"]
        except ClientError as problem:
            if code_of(problem) not in ("PreconditionFailed", "ConditionalRequestConflict", "412", "409", "NoSuchKey"):
                raise
            detail = f"Another sync has written {self.url} at the same time."
            raise DiagnosticError(error("Prefix was synced meanwhile", detail, hint="plan and apply again")) from problem
        return etag

    def objects(self) -> dict[str, Listed]:
        """What lies under the prefix, by name."""
        return dict(self.listed())

    def listed(self) -> Iterator[tuple[str, Listed]]:
        """What lies under the prefix with its names, page by page."""
        pages = self.aws.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=self.key(""))
        for page in pages:
            for found in page.get("Contents", []):
                yield found["Key"].removeprefix(self.key("")), Listed(quoted(found["ETag"]), found["Size"])

    def delete(self, names: Iterable[str]) -> Iterator[int]:
        """Deletes objects, many in one call; tells after each call how many. Raises DiagnosticError for those that stay."""
        keys = sorted(self.key(name) for name in names)
        for start in range(0, len(keys), BATCH):
            part = keys[start : start + BATCH]
            asked = {"Objects": [{"Key": key} for key in part], "Quiet": True}
            failed = self.aws.s3.delete_objects(Bucket=self.bucket, Delete=asked).get("Errors", [])
            if failed:
                first = failed[0]
                detail = (
                    f"{len(failed)} of {len(part)} objects stay, {first['Key']} among them: {first['Code']}: {first['Message']}"
                )
                raise DiagnosticError(error(f"AWS refused to delete objects of {self.bucket}", detail))
            yield len(part)

    def abort_uploads(self, names: Iterable[str]) -> None:
        """Ends the uploads in parts of these files that a killed sync began: S3 keeps, and bills, their parts for ever."""
        ours = {self.key(name) for name in names}
        for begun in [u for u in self._uploads() if u["Key"] in ours]:
            self.aws.s3.abort_multipart_upload(Bucket=self.bucket, Key=begun["Key"], UploadId=begun["UploadId"])

    def _uploads(self) -> list[dict[str, str]]:
        """The uploads in parts that have no end yet. gofakes3 (rclone's S3) says NoSuchUpload where there never was one."""
        from botocore.exceptions import ClientError

        pages = self.aws.s3.get_paginator("list_multipart_uploads").paginate(Bucket=self.bucket, Prefix=self.key(""))
        try:
            return [upload for page in pages for upload in page.get("Uploads", [])]
        except ClientError as problem:
            if code_of(problem) == "NoSuchUpload":
                return []
            raise
