"""What a sync would do, worked out while planning: what could lose files is refused."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import UNKNOWN, Attributes, Plain, is_known
from kfinfra.model.resource import Desired
from kfinfra.providers.aws import download
from kfinfra.providers.aws.client import Aws
from kfinfra.providers.aws.file_index import index_path
from kfinfra.providers.aws.scan import scan
from kfinfra.providers.aws.sync_details import manifest as files_of
from kfinfra.providers.aws.sync_schema import DOWNLOAD

FEW = 10
"""So many files may always be deleted."""


def resolved(
    aws: Aws, root: Path, desired: Desired, recorded: Attributes | None, filling: Collection[tuple[Plain, Plain]] = ()
) -> tuple[Desired, Mapping[str, int]]:
    """The sync with its manifest, where that can be known, and the sizes in bytes of what comes.

    `filling` are the places (bucket, prefix) that uploads are still to change: what a download of them brings is not known yet.
    Raises DiagnosticError.
    """
    attributes = desired.resource.attributes
    _check_direction(desired, recorded)
    files: dict[str, Plain] | None = None
    sizes: Mapping[str, int] = {}
    if attributes.get("direction") != DOWNLOAD:
        files = _upward(root, desired, files_of(recorded or {}))
    elif (attributes.get("bucket"), attributes.get("prefix")) not in filling:
        files, sizes = _downward(aws, root, desired)
    if files is not None and recorded is not None:
        _check_share(desired, files, files_of(recorded))
    manifest: Plain = UNKNOWN if files is None else files
    return replace(desired, resource=replace(desired.resource, attributes={**attributes, "manifest": manifest})), sizes


def _check_direction(desired: Desired, recorded: Attributes | None) -> None:
    was, now = (recorded or {}).get("direction") or "upload", desired.resource.attributes.get("direction")
    if recorded is not None and isinstance(now, str) and now != was:
        detail = f"{desired.address} is an {was}, and would become a {now}: the files that it keeps would be deleted first."
        hint = f"declare a second s3_sync under another name, and forget this one (kfinfra state rm {desired.address})"
        raise DiagnosticError(error("Direction cannot be changed", detail, desired.span_of(("direction",)), hint=hint))


def _upward(root: Path, desired: Desired, recorded: dict[str, Plain]) -> dict[str, Plain] | None:
    attributes = desired.resource.attributes
    source, exclude = attributes.get("source"), attributes.get("exclude")
    if not isinstance(source, str) or not is_known(exclude):
        return None
    patterns = [str(p) for p in exclude] if isinstance(exclude, list) else []
    return scan(root / source, patterns, index_path(root, desired.address), bool(attributes.get("verify")), recorded)


def _downward(aws: Aws, root: Path, desired: Desired) -> tuple[dict[str, Plain] | None, Mapping[str, int]]:
    """What the prefix has to give; None where its bucket, or what fills it, is still to be made by this configuration."""
    attributes = desired.resource.attributes
    if not all(is_known(attributes.get(name)) for name in ("bucket", "prefix", "exclude", "target")):
        return None, {}
    found = download.listing(aws, attributes)
    types = {a.type for a in desired.depends_on}
    if not found:
        if "s3_sync" in types or (found is None and "s3_bucket" in types):
            return None, {}
        place = f"s3://{attributes['bucket']}/{attributes['prefix']}"
        detail = f"{place} does not exist." if found is None else f"{place} holds no object to download."
        hint = "an empty source is never synced: check bucket, prefix and exclude; where another s3_sync of this configuration "
        hint += "fills it, depends_on says so"
        raise DiagnosticError(error("Source of the download is empty", detail, desired.span_of(("prefix",)), hint=hint))
    if not attributes.get("overwrite"):
        target = root / str(attributes["target"])
        download.refuse_clashes(target, download.clashes(target, found, bool(attributes.get("delete"))))
    return {n: remote.content for n, remote in found.items()}, {n: remote.size for n, remote in found.items()}


def _check_share(desired: Desired, files: Mapping[str, Plain], before: Mapping[str, Plain]) -> None:
    """A source that has lost most of its files is rather a wrong source than a wish to delete them."""
    attributes = desired.resource.attributes
    gone, most = before.keys() - files.keys(), attributes.get("max_delete_percent")
    if not attributes.get("delete") or not isinstance(most, int | float) or len(gone) <= FEW or not before:
        return
    if len(gone) * 100 > most * len(before):
        detail = f"{len(gone)} of {len(before)} files would be deleted, which is more than max_delete_percent = {most} allows."
        hint = "check the source; if it is right, raise max_delete_percent for this one apply"
        raise DiagnosticError(error("Too many files would be deleted", detail, desired.span_of(("delete",)), hint=hint))
