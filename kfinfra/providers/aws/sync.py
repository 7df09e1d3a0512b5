"""A folder and a prefix kept equal by content: sha256 of each file, the ETag that S3 gave for it, a manifest written last."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, Observed, Operation, Progress, Run
from kfinfra.providers.aws.bulk import transfer_for
from kfinfra.providers.aws.client import Aws, code_of, translated
from kfinfra.providers.aws.file_index import Entry as Known
from kfinfra.providers.aws.file_index import Look, index_path, look, now, vouched
from kfinfra.providers.aws.moving import Tell, moved
from kfinfra.providers.aws.prefix import MANIFEST, Entry, Listed, Manifest, Prefix, quoted
from kfinfra.providers.aws.scan import digest
from kfinfra.providers.aws.sync_details import manifest as files_of
from kfinfra.providers.aws.transfer import Transfer
from kfinfra.providers.aws.verify import spoiled

SAVE_EVERY = 3.0
_DEFAULTS: Attributes = {"direction": "upload", "max_delete_percent": 50, "overwrite": False, "verify": False, "delete": False}
"""What a state of an earlier version does not have."""


def observe(aws: Aws, identity: Attributes, recorded: Attributes) -> tuple[Observed, dict[str, int]]:
    """What is under the prefix, and the sizes in bytes.

    A file whose ETag is no longer the one of its upload was changed by somebody else.
    """
    from botocore.exceptions import ClientError

    place = Prefix(aws, str(identity["bucket"]), str(identity["prefix"]))
    files: dict[str, Plain] = {}
    sizes: dict[str, int] = {}
    with translated(f"list {place.url}"):
        try:
            sent = place.manifest()
            if sent is None:
                return Observed(None), {}
            for name, listed in place.listed():
                if (entry := sent.files.get(name)) is not None:
                    files[name], sizes[name] = _content(entry, listed), listed.size
        except ClientError as problem:
            if code_of(problem) == "NoSuchBucket":
                return Observed(None), {}
            raise
    if recorded.get("verify"):
        with translated(f"verify {place.url}"):
            files |= spoiled(place, {n: e.sha256 for n, e in sent.files.items() if files.get(n) == e.sha256})
    if files == recorded.get("manifest"):
        files = files_of(recorded)  # there is a file of each once, not twice
    return Observed({**_DEFAULTS, **recorded, **identity, "manifest": files}, owner=sent.owner), sizes


def _content(entry: Entry, listed: Listed) -> str:
    return entry.sha256 if listed.etag == entry.etag else f"changed ({listed.etag.strip(chr(34))})"


def upload(aws: Aws, root: Path, operation: Operation) -> Run:
    """Sends what differs, content first and the manifest last; deletes only what the last manifest lists, when told to.

    While it sends, the manifest is written anew now and then: what an interrupted sync has sent is not sent again. What is
    gone from the folder and stays in the bucket is listed as `left`: a destroy takes it away with the rest.
    """
    desired = operation.desired
    place = Prefix(aws, str(desired["bucket"]), str(desired["prefix"]))
    wanted = files_of(desired)
    source = root / str(desired["source"])
    with translated(f"sync {source} to {place.url}"):
        earlier = _ours(place, operation)
        place.abort_uploads({*wanted, *earlier.names})
        there = place.objects()
        entries = {n: e for n, e in earlier.files.items() if _stands(e, wanted.get(n), there.get(n))}
        todo = sorted(n for n in wanted if n not in entries)
        saved, etag = time.monotonic(), earlier.etag
        transfer = transfer_for(aws, place.bucket)
        known = vouched(index_path(root, operation.address), frozenset(todo))
        sizes = {n: (source / n).stat().st_size for n in todo if (source / n).is_file()}
        for step in moved(
            transfer.sending,
            {n: sizes.get(n, 0) for n in todo},
            lambda n, tell: _send(transfer, place.key(n), source / n, str(wanted[n]), known.get(n), tell),
            entries.__setitem__,
        ):
            if time.monotonic() - saved > SAVE_EVERY:
                etag = place.write(_manifest(operation.owner, entries, earlier, etag))
                saved = time.monotonic()
            yield step
        whole = _manifest(operation.owner, entries, earlier, etag)
        if desired.get("delete"):
            list(place.delete(whole.left))
            whole = replace(whole, left=())
        place.write(whole)
    yield Checkpoint(desired)
    return {**desired, "manifest": {n: e.sha256 for n, e in entries.items()}}


def _stands(entry: Entry, wanted: Plain, listed: Listed | None) -> bool:
    return entry.sha256 == wanted and listed is not None and listed.etag == entry.etag


def _ours(place: Prefix, operation: Operation) -> Manifest:
    """The manifest, empty where there is none. Raises DiagnosticError where another configuration wrote it."""
    found = place.manifest()
    if found is None:
        return Manifest(operation.owner)
    if not operation.prior and found.owner not in (None, operation.owner):
        detail = f"{place.url} is kept by another configuration's s3_sync ({found.owner})."
        raise DiagnosticError(error("Prefix is synced already", detail, hint="choose another prefix"))
    return found


def mark(place: Prefix, owner: str | None) -> None:
    """Writes the manifest anew with this owner, or with none. Raises DiagnosticError where there is no manifest."""
    with translated(f"mark what was synced to {place.url}"):
        found = place.manifest()
        if found is None:
            detail = f"There is no manifest at {place.url}/{MANIFEST}."
            raise DiagnosticError(error("Synced folder is gone", detail, hint="plan again"))
        place.write(replace(found, owner=owner))


def _manifest(owner: str, entries: dict[str, Entry], earlier: Manifest, etag: str | None) -> Manifest:
    """What is there by now, and what was before and is not wanted any more."""
    return Manifest(owner, entries, sorted(earlier.names - entries.keys()), etag)


def _send(transfer: Transfer, key: str, path: Path, wanted: str, known: Known | None, tell: Tell) -> Entry:
    """Uploads one file, if it is still what was planned, and was all the while.

    It is read once, to be sent, where it looks as it did when its digest was made, and where no change can have gone unseen.
    """
    began, before = now(), _look(path)
    if known is None or known.look != before or known.sha256 != wanted:
        _unchanged(path, wanted)
    etag = transfer.send(path, key, tell)
    after = _look(path)
    if after._replace(ctime_ns=before.ctime_ns) != before:
        raise _changed(path)
    if after != before or not before.is_older_than(began):
        _unchanged(path, wanted)  # its mode or its links were changed, or what was changed has the same time
    return Entry(wanted, quoted(etag))


def _look(path: Path) -> Look:
    try:
        return look(path)
    except FileNotFoundError as problem:
        raise _changed(path) from problem
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a file", f"{path}: {problem.strerror or problem}.")) from problem


def _unchanged(path: Path, wanted: str) -> None:
    if digest(path) != wanted:
        raise _changed(path)


def _changed(path: Path) -> DiagnosticError:
    return DiagnosticError(error("File changed while it was synced", f"{path} is not what was planned.", hint="apply again"))


def remove(aws: Aws, operation: Operation) -> Run:
    """Takes away what the manifest lists, then the manifest; other objects under the prefix are not ours."""
    from botocore.exceptions import ClientError

    place = Prefix(aws, str(operation.prior["bucket"]), str(operation.prior["prefix"]))
    with translated(f"delete what was synced to {place.url}"):
        try:
            found = place.manifest() or Manifest(operation.owner)
            if found.owner != operation.owner:
                detail = f"What was synced to {place.url} is kept by another configuration now ({found.owner or 'nobody'})."
                hint = f"drop it from state: kfinfra state rm {operation.address}"
                raise DiagnosticError(error("Synced folder is not ours", detail, hint=hint))
            names = found.names
            place.abort_uploads({*names, *files_of(operation.prior)})
            done = 0
            for part in place.delete(names):
                done += part
                yield Progress(done, len(names), "files")
            list(place.delete([MANIFEST]))
        except ClientError as problem:
            if code_of(problem) != "NoSuchBucket":
                raise
    return {}
