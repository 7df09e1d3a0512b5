"""Where artifacts lie: S3 buckets of the sandbox's AWS, and the store of KFP's own installation (minio://), a folder here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit


class NoObject(Exception):
    """An artifact that cannot be read or written; the message says why."""


class Objects:
    """The stores behind artifact URIs. `env` leads to the sandbox's S3."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self._folder, self._env = folder, env
        self._client: Any = None

    def fetch(self, uri: str, target: Path) -> None:
        """Copies an object, or what lies under it, to a path. Raises NoObject."""
        if uri.startswith("minio://"):
            source = self._own(uri)
            if not source.exists():
                raise NoObject(f"there is nothing at {uri}")
            _copied(source, target)
            return
        bucket, key = _s3(uri)
        found = list(self._listed(bucket, key))
        if not found:
            raise NoObject(f"there is nothing at {uri}")
        for name in found:
            path = target if name == key else target / name.removeprefix(key).lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            self._s3.download_file(bucket, name, str(path))

    def put(self, source: Path, uri: str) -> None:
        """Copies a file or a folder to a URI. Raises NoObject."""
        if uri.startswith("minio://"):
            _copied(source, self._own(uri))
            return
        from botocore.exceptions import ClientError

        bucket, key = _s3(uri)
        files = (
            [(source, key)] if source.is_file() else [(p, f"{key}/{p.relative_to(source).as_posix()}") for p in _files(source)]
        )
        try:
            for path, name in files:
                self._s3.upload_file(str(path), bucket, name)
        except Exception as problem:  # S3UploadFailedError is no ClientError; both say what S3 says
            if isinstance(problem, ClientError) or "Upload" in type(problem).__name__:
                raise NoObject(f"cannot write {uri}: {problem}") from problem
            raise

    def _own(self, uri: str) -> Path:
        parts = urlsplit(uri)
        path = (self._folder / parts.netloc / parts.path.lstrip("/")).resolve()
        if self._folder.resolve() not in path.parents:
            raise NoObject(f"{uri} is no place in the store")
        return path

    def _listed(self, bucket: str, key: str) -> Iterator[str]:
        from botocore.exceptions import ClientError

        try:
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
            for page in pages:
                found = (str(o["Key"]) for o in page.get("Contents", []))
                yield from (name for name in found if name == key or name.startswith(f"{key.rstrip('/')}/"))
        except ClientError as problem:
            raise NoObject(f"cannot read s3://{bucket}/{key}: {problem}") from problem

    @property
    def _s3(self) -> Any:
        if self._client is None:
            import boto3

            self._client = boto3.client(
                "s3",
                endpoint_url=self._env.get("AWS_ENDPOINT_URL"),
                aws_access_key_id=self._env.get("AWS_ACCESS_KEY_ID"),
                aws_secret_access_key=self._env.get("AWS_SECRET_ACCESS_KEY"),
                region_name=self._env.get("AWS_REGION"),
            )
        return self._client


def _s3(uri: str) -> tuple[str, str]:
    parts = urlsplit(uri)
    if parts.scheme != "s3":
        raise NoObject(f"{uri} is neither in S3 nor in KFP's own store: it cannot be reached from the sandbox")
    return parts.netloc, uri.partition("://")[2].partition("/")[2]


def _files(folder: Path) -> list[Path]:
    return [p for p in sorted(folder.rglob("*")) if p.is_file()]


def _copied(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copy2(source, target)
