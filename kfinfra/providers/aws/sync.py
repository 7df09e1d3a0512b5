"""A folder and a prefix kept equal by content: sha256 of each file, the ETag that S3 gave for it, a manifest written last."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, DetailLine, Observed, Operation, Progress, Run
from kfinfra.providers.aws.client import Aws, code_of, translated
from kfinfra.providers.aws.scan import digest

MANIFEST = ".kfinfra-manifest.json"
SHOWN = 10
SAVE_EVERY = 3.0


def observe(aws: Aws, identity: Attributes, recorded: Attributes) -> Observed:
    """What is under the prefix: a file whose ETag is no longer the one of its upload was changed by somebody else."""
    from botocore.exceptions import ClientError

    bucket, prefix = str(identity["bucket"]), str(identity["prefix"])
    with translated(f"list s3://{bucket}/{prefix}"):
        try:
            uploaded = _manifest(aws, bucket, prefix)
            if uploaded is None:
                return Observed(None)
            there = _list(aws, bucket, prefix)
        except ClientError as problem:
            if code_of(problem) == "NoSuchBucket":
                return Observed(None)
            raise
    files: dict[str, Plain] = {}
    for name, entry in uploaded["files"].items():
        if name in there:
            files[name] = entry["sha256"] if there[name] == entry["etag"] else f"changed ({there[name].strip(chr(34))})"
    return Observed({**recorded, **identity, "manifest": files}, owner=uploaded["owner"])


def _manifest(aws: Aws, bucket: str, prefix: str) -> dict[str, Any] | None:
    from botocore.exceptions import ClientError

    try:
        text = aws.s3.get_object(Bucket=bucket, Key=f"{prefix}/{MANIFEST}")["Body"].read()
    except ClientError as problem:
        if code_of(problem) in ("NoSuchKey", "404"):
            return None
        raise
    found: dict[str, Any] = json.loads(text)
    return found


def _list(aws: Aws, bucket: str, prefix: str) -> dict[str, str]:
    pages = aws.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=f"{prefix}/")
    return {o["Key"][len(prefix) + 1 :]: o["ETag"] for page in pages for o in page.get("Contents", [])}


def upload(aws: Aws, root: Path, operation: Operation) -> Run:
    """Sends what differs, content first and the manifest last; deletes only what the last manifest lists, when told to.

    While it sends, the manifest is written anew now and then: what an interrupted sync has sent is not sent again. What is
    gone from the folder and stays in the bucket is listed as `left`: a destroy takes it away with the rest.
    """
    desired = operation.desired
    bucket, prefix = str(desired["bucket"]), str(desired["prefix"])
    wanted = _files(desired)
    source = root / str(desired["source"])
    with translated(f"sync {source} to s3://{bucket}/{prefix}"):
        earlier = _ours(_manifest(aws, bucket, prefix), operation, f"s3://{bucket}/{prefix}")
        there = _list(aws, bucket, prefix)
        entries: dict[str, Any] = {
            n: e for n, e in earlier["files"].items() if wanted.get(n) == e["sha256"] and there.get(n) == e["etag"]
        }
        todo = sorted(n for n in wanted if n not in entries)
        saved = time.monotonic()
        with ThreadPoolExecutor(16) as pool:
            sent = pool.map(lambda n: _send(aws, bucket, f"{prefix}/{n}", source / n, str(wanted[n])), todo)
            for done, (name, entry) in enumerate(zip(todo, sent, strict=True), 1):
                entries[name] = entry
                if time.monotonic() - saved > SAVE_EVERY:
                    _save(aws, bucket, prefix, operation.owner, entries, earlier, delete=False)
                    saved = time.monotonic()
                yield Progress(done, len(todo), "files")
        _save(aws, bucket, prefix, operation.owner, entries, earlier, delete=bool(desired.get("delete")))
    yield Checkpoint(desired)
    return {**desired, "manifest": {n: e["sha256"] for n, e in entries.items()}}


def _ours(found: dict[str, Any] | None, operation: Operation, where: str) -> dict[str, Any]:
    """The manifest, empty where there is none. Raises DiagnosticError where another configuration wrote it."""
    if found is None:
        return {"files": {}}
    if not operation.prior and found["owner"] != operation.owner:
        detail = f"{where} is kept by another configuration's s3_sync ({found['owner']})."
        raise DiagnosticError(error("Prefix is synced already", detail, hint="choose another prefix"))
    return found


def _save(
    aws: Aws, bucket: str, prefix: str, owner: str, entries: Mapping[str, Any], earlier: Mapping[str, Any], *, delete: bool
) -> None:
    """Writes the manifest: what is there by now, and what was before and is not wanted any more."""
    left = sorted({*earlier.get("left", []), *earlier["files"]} - entries.keys())
    if delete:
        for name in left:
            aws.s3.delete_object(Bucket=bucket, Key=f"{prefix}/{name}")
        left = []
    body = json.dumps({"owner": owner, "files": entries, "left": left}, sort_keys=True).encode()
    aws.s3.put_object(Bucket=bucket, Key=f"{prefix}/{MANIFEST}", Body=body, ContentType="application/json")


def _send(aws: Aws, bucket: str, key: str, path: Path, wanted: str) -> dict[str, str]:
    """Uploads one file (boto3 sends a big one in parts, and never reads it whole), if it is still what was planned."""
    _unchanged(path, wanted)
    before = path.stat()
    aws.s3.upload_file(str(path), bucket, key)
    after = path.stat()
    if (before.st_size, before.st_mtime_ns, before.st_ctime_ns) != (after.st_size, after.st_mtime_ns, after.st_ctime_ns):
        _unchanged(path, wanted)
    return {"sha256": wanted, "etag": aws.s3.head_object(Bucket=bucket, Key=key)["ETag"]}


def _unchanged(path: Path, wanted: str) -> None:
    if digest(path) != wanted:
        raise DiagnosticError(error("File changed while it was synced", f"{path} is not what was planned.", hint="apply again"))


def remove(aws: Aws, operation: Operation) -> Run:
    """Takes away what the manifest lists, then the manifest; other objects under the prefix are not ours."""
    from botocore.exceptions import ClientError

    bucket, prefix = str(operation.prior["bucket"]), str(operation.prior["prefix"])
    with translated(f"delete what was synced to s3://{bucket}/{prefix}"):
        try:
            listed = _manifest(aws, bucket, prefix) or {"files": {}}
            names = sorted({*listed["files"], *listed.get("left", [])})
            for done, name in enumerate([*names, MANIFEST], 1):
                aws.s3.delete_object(Bucket=bucket, Key=f"{prefix}/{name}")
                yield Progress(done, len(names) + 1, "files")
        except ClientError as problem:
            if code_of(problem) != "NoSuchBucket":
                raise
    return {}


def details(root: Path, before: Attributes | None, after: Attributes | None) -> Iterable[DetailLine]:
    """How many files and bytes come, change and go, and the first of them by name. What goes is counted in files only."""
    old, new = _files(before or {}), _files(after or {})
    goes = after is None or bool(after.get("delete"))
    source = root / str((after or {}).get("source") or "")
    for symbol, words, names in (
        ("+", "added", sorted(new.keys() - old.keys())),
        ("~", "changed", sorted(n for n in new.keys() & old.keys() if new[n] != old[n])),
        (
            "-" if goes else " ",
            "deleted" if goes else "no longer in the folder, and kept (delete = false)",
            sorted(old.keys() - new.keys()),
        ),
    ):
        if names:
            much = f" ({_bytes(source, names)})" if symbol in "+~" else ""
            yield DetailLine(symbol, f"{len(names)} file{'s' if len(names) > 1 else ''} {words}{much}")
            yield from (DetailLine(symbol, name, 1) for name in names[:SHOWN])
            if len(names) > SHOWN:
                yield DetailLine(" ", f"… and {len(names) - SHOWN} more", 1)


def _bytes(source: Path, names: Iterable[str]) -> str:
    """The size of these files as a user reads it; one that has gone since it was hashed counts nothing."""
    size = float(sum(path.stat().st_size for path in (source / n for n in names) if path.is_file()))
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1024
    return f"{size:.1f} TiB"


def _files(attributes: Attributes) -> Mapping[str, Plain]:
    found = attributes.get("manifest")
    return found if isinstance(found, dict) else {}
