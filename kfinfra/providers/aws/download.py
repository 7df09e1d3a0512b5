"""A prefix brought down to a folder and kept equal: by content, whole files only, and nothing of the user's overwritten unasked.

What is wanted is what the bucket lists: the sha256 where a sync of kfinfra has sent the object, else its ETag. Each file is
fetched beside its place, checked, made durable and renamed; the record of it all is written now and then, and last.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, Observed, Operation, Progress, Run
from kfinfra.providers.aws.bulk import transfer_for
from kfinfra.providers.aws.client import Aws, code_of, translated
from kfinfra.providers.aws.moving import Tell, moved
from kfinfra.providers.aws.prefix import MANIFEST, Prefix
from kfinfra.providers.aws.record import (
    PARTIAL,
    RECORD,
    Downloaded,
    Record,
    downloaded,
    is_content,
    read,
    sync_folder,
    untouched,
    write,
)
from kfinfra.providers.aws.scan import digest
from kfinfra.providers.aws.sync_details import manifest as files_of
from kfinfra.providers.aws.transfer import Transfer, changed

SAVE_EVERY = 3.0
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Remote:
    """An object of the prefix: the content it stands for, its ETag, its size in bytes."""

    content: str
    etag: str
    size: int


def listing(aws: Aws, attributes: Attributes) -> dict[str, Remote] | None:
    """What the prefix has to give, by path; None where the bucket does not exist. Raises DiagnosticError."""
    from botocore.exceptions import ClientError
    from pathspec import GitIgnoreSpec

    place = Prefix(aws, str(attributes["bucket"]), str(attributes["prefix"]))
    written = attributes.get("exclude")
    exclude = GitIgnoreSpec.from_lines([str(p) for p in written] if isinstance(written, list) else [])
    with translated(f"list {place.url}"):
        try:
            sent = place.manifest()
            found = place.objects()
        except ClientError as problem:
            if code_of(problem) == "NoSuchBucket":
                return None
            raise
    known = sent.files if sent is not None else {}
    out: dict[str, Remote] = {}
    for name, listed in found.items():
        if name == MANIFEST or name.endswith("/") or exclude.match_file(name):
            continue
        entry = known.get(name)
        content = entry.sha256 if entry is not None and entry.etag == listed.etag else listed.etag
        out[name] = Remote(content, listed.etag, listed.size)
    _check_names(place, out)
    return out


def _check_names(place: Prefix, names: Mapping[str, Remote]) -> None:
    """Every key must be a path below the folder, and none a folder and a file at once. Raises DiagnosticError."""
    for name in names:
        parts = name.split("/")
        if any(p in ("", ".", "..") or "\0" in p or len(p.encode()) > 255 for p in parts) or parts[0] in (RECORD, PARTIAL):
            detail = f'{place.url}/{name} cannot be a file below the folder: "{name}" is no plain relative path.'
            raise DiagnosticError(error("Object key is no path", detail, hint="leave it out with exclude, or rename the object"))
        above = next((str(p) for p in PurePosixPath(name).parents if str(p) in names), None)
        if above is not None:
            detail = f'"{above}" is an object of {place.url}, and "{name}" lies below it: no folder can hold both.'
            raise DiagnosticError(error("Object key is no path", detail, hint="leave one of them out with exclude"))


def observe(root: Path, recorded: Attributes) -> tuple[Observed, dict[str, int]]:
    """What of the download is in its folder, and the sizes in bytes."""
    target = root / str(recorded.get("target"))
    record = read(target)
    if record is None or (record.bucket, record.prefix) != (recorded.get("bucket"), recorded.get("prefix")):
        return Observed(None), {}
    files: dict[str, Plain] = {}
    sizes: dict[str, int] = {}
    for name, known in record.files.items():
        path = target / name
        if not os.path.lexists(path):
            continue
        sizes[name] = path.lstat().st_size
        files[name] = known["content"] if untouched(path, known, record.looked) else "changed here"
    return Observed({**recorded, "manifest": files}, owner=record.owner), sizes


def clashes(target: Path, wanted: Mapping[str, Remote], delete: bool) -> list[str]:
    """Files here that would be overwritten or deleted, and are not what was downloaded."""
    record = read(target) or Record(None, "", "")
    out = [name for name, remote in wanted.items() if _in_the_way(target / name, remote, record.files.get(name), record.looked)]
    if delete:
        gone = [n for n in record.files if n not in wanted and os.path.lexists(target / n)]
        out += [n for n in gone if not untouched(target / n, record.files[n], record.looked)]
    return sorted(out)


def _in_the_way(path: Path, remote: Remote, known: Downloaded | None, looked: int) -> bool:
    if not os.path.lexists(path) or (known is not None and untouched(path, known, looked)):
        return False
    return is_content(path, remote.content, remote.size) is False


def refuse_clashes(target: Path, names: Sequence[str]) -> None:
    """Raises DiagnosticError where there are some."""
    if names:
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        detail = f"In {target} these are not what was downloaded, and would be lost: {', '.join(names[:SHOWN])}{more}."
        hint = "move them away, leave them out with exclude, or set overwrite = true"
        raise DiagnosticError(error("Local changes would be overwritten", detail, hint=hint))


def fetch(aws: Aws, root: Path, operation: Operation) -> Run:
    """Brings the folder to what was planned. What an interrupted download has brought is not fetched again."""
    desired = operation.desired
    place, target = Prefix(aws, str(desired["bucket"]), str(desired["prefix"])), root / str(desired["target"])
    wanted = _as_planned(listing(aws, desired) or {}, files_of(desired))
    with translated(f"download {place.url} to {target}"), _readable(target):
        record = _ours(target, place, operation)
        yield from _files(transfer_for(aws, place.bucket), place, _Folder(target, record, bool(desired.get("overwrite"))), wanted)
        record = read(target) or record
        gone = [n for n in record.files if n not in wanted]
        if desired.get("delete"):
            if not desired.get("overwrite"):
                refuse_clashes(target, clashes(target, wanted, delete=True))
            _remove(target, gone)
            record = replace(record, files={n: e for n, e in record.files.items() if n in wanted})
        write(target, record)
    yield Checkpoint(desired)
    return desired


def _as_planned(found: Mapping[str, Remote], planned: Mapping[str, Plain]) -> Mapping[str, Remote]:
    for name, content in planned.items():
        if name not in found or found[name].content != content:
            raise changed(name)
    return {name: found[name] for name in planned}


class _readable:
    """The machine's refusals as diagnostics."""

    def __init__(self, target: Path) -> None:
        self._target = target

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, problem: BaseException | None, trace: object) -> None:
        if isinstance(problem, OSError):
            where = problem.filename or self._target
            said = error("Cannot write the downloaded files", f"{where}: {problem.strerror or problem}.", hint="check the folder")
            raise DiagnosticError(said) from problem


def _ours(target: Path, place: Prefix, operation: Operation) -> Record:
    """The folder's record, empty where there is none. Raises DiagnosticError where the folder is kept by somebody else."""
    target.mkdir(parents=True, exist_ok=True)
    found = read(target)
    if found is None:
        return Record(operation.owner, place.bucket, place.prefix)
    here = (found.bucket, found.prefix) == (place.bucket, place.prefix)
    if not here or (not operation.prior and found.owner not in (None, operation.owner)):
        detail = f"{target} is kept equal to s3://{found.bucket}/{found.prefix} by another s3_sync ({found.owner})."
        raise DiagnosticError(error("Folder is synced already", detail, hint="choose another target"))
    return replace(found, owner=operation.owner)


@dataclass(slots=True)
class _Folder:
    target: Path
    record: Record
    overwrite: bool


def _files(transfer: Transfer, place: Prefix, folder: _Folder, wanted: Mapping[str, Remote]) -> Iterator[Progress]:
    target, record = folder.target, folder.record
    partial = target / PARTIAL
    shutil.rmtree(partial, ignore_errors=True)
    done = {n: e for n, e in record.files.items() if n not in wanted or _stands(target / n, e, wanted[n], record.looked)}
    todo = sorted(n for n in wanted if n not in done)
    partial.mkdir()
    saved, folders = time.monotonic(), {target}

    todo_at = {name: index for index, name in enumerate(todo)}

    def one(name: str, tell: Tell) -> Downloaded:
        return _one(transfer, place.key(name), folder, name, wanted[name], partial / str(todo_at[name]), tell)

    def kept(name: str, entry: Downloaded) -> None:
        done[name] = entry
        folders.add((target / name).parent)

    for step in moved(transfer.fetching, {name: wanted[name].size for name in todo}, one, kept):
        if time.monotonic() - saved > SAVE_EVERY:
            write(target, replace(record, files=dict(done)))
            saved = time.monotonic()
        yield step
    for each in sorted(folders):
        sync_folder(each)
    write(target, replace(record, files=done))
    shutil.rmtree(partial)


def _stands(path: Path, known: Downloaded, wanted: Remote, looked: int) -> bool:
    return known["content"] == wanted.content and untouched(path, known, looked)


def _one(transfer: Transfer, key: str, folder: _Folder, name: str, wanted: Remote, beside: Path, tell: Tell) -> Downloaded:
    """Fetches one file and puts it in its place, if nothing of the user's stands there."""
    path, known = folder.target / name, folder.record.files.get(name)
    _check_inside(folder.target, path)
    if os.path.lexists(path) and is_content(path, wanted.content, wanted.size):
        return downloaded(path, wanted.content)
    if not folder.overwrite and _in_the_way(path, wanted, known, folder.record.looked):
        refuse_clashes(folder.target, [name])
    transfer.fetch(key, wanted.etag, wanted.size, beside, tell)
    got = digest(beside)
    if len(wanted.content) == 64 and got != wanted.content:
        raise DiagnosticError(error("Downloaded file is damaged", f"{key} has the sha256 {got}, not {wanted.content}."))
    ours = known is not None and untouched(path, known, folder.record.looked)
    if path.is_file() and not ours and not folder.overwrite and digest(path) != got:
        refuse_clashes(folder.target, [name])
    path.parent.mkdir(parents=True, exist_ok=True)
    os.replace(beside, path)
    return downloaded(path, wanted.content)


def _check_inside(target: Path, path: Path) -> None:
    """A link in the folder must not lead a download elsewhere. Raises DiagnosticError."""
    inside = target.resolve()
    above = path.parent
    while not above.exists():
        above = above.parent
    if not above.resolve().is_relative_to(inside):
        detail = f"{path} leads out of {target}, by a link."
        raise DiagnosticError(error("Path leads out of the folder", detail, hint="remove the link, or choose another target"))


def _remove(target: Path, names: Sequence[str]) -> None:
    """Deletes files, and folders that are empty then."""
    for name in names:
        path = target / name
        path.unlink(missing_ok=True)
        for above in path.parents:
            if above == target or any(above.iterdir()):
                break
            above.rmdir()


def mark(root: Path, recorded: Attributes, owner: str | None) -> None:
    """Writes the record anew with this owner, or with none. Raises DiagnosticError where there is no record."""
    target = root / str(recorded.get("target"))
    with _readable(target):
        found = read(target)
        if found is None:
            detail = f"There is no record of a download in {target}."
            raise DiagnosticError(error("Downloaded folder is gone", detail, hint="plan again"))
        write(target, replace(found, owner=owner))


def remove(root: Path, operation: Operation) -> Run:
    """Takes away what was downloaded, and nothing that was changed since, but where that may be overwritten."""
    prior = operation.prior
    target = root / str(prior["target"])
    record = read(target)
    if record is None or record.owner not in (None, operation.owner):
        return {}
    with _readable(target):
        if not prior.get("overwrite"):
            kept = {n: e for n, e in record.files.items() if os.path.lexists(target / n)}
            refuse_clashes(target, sorted(n for n, e in kept.items() if not untouched(target / n, e, record.looked)))
        _remove(target, sorted(record.files))
        yield Progress(len(record.files), len(record.files), "files")
        shutil.rmtree(target / PARTIAL, ignore_errors=True)
        (target / RECORD).unlink(missing_ok=True)
        if not any(target.iterdir()):
            target.rmdir()
    return {}
