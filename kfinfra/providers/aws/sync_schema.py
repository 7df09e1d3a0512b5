"""What may be written of a synced folder. Pure data; no SDK."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath

from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.schema import Attribute, Problem, Ref, ResourceType
from kfinfra.values.types import BOOL, NUMBER, STRING, ListType, MapType

DOWNLOAD = "download"


def check_direction(value: Plain) -> Iterable[Problem]:
    """Up or down."""
    if value not in ("upload", DOWNLOAD):
        yield Problem((), "Invalid direction", f'"{value}" is none of upload, download.')


def check_percent(value: Plain) -> Iterable[Problem]:
    """A share of what there is."""
    if not isinstance(value, int | float) or not 0 <= value <= 100:
        yield Problem((), "Invalid share", f"{value} is no percentage from 0 to 100.")


def check_sync(attributes: Attributes) -> Iterable[Problem]:
    """A prefix has no slash at its ends; an upload has a source, a download a target."""
    prefix = attributes.get("prefix")
    if isinstance(prefix, str) and (prefix.startswith("/") or prefix.endswith("/") or "//" in prefix):
        yield Problem(("prefix",), "Invalid prefix", f'"{prefix}" begins or ends with a slash, or has two beside each other.')
    elif prefix == "":
        yield Problem(("prefix",), "Invalid prefix", "The prefix is empty.", "name the part of the bucket that the sync keeps")
    if attributes.get("direction") is UNKNOWN:
        return
    down = attributes.get("direction") == DOWNLOAD
    wanted, other = ("target", "source") if down else ("source", "target")
    if attributes.get(wanted) is None:
        yield Problem((), "Missing required argument", f'The argument "{wanted}" is required: the folder here.')
    if attributes.get(other) is not None:
        hint = f'write {wanted} = "…"' + ("" if down else ', or direction = "download"')
        yield Problem((other,), "Unsupported argument", f'"{other}" is for the other direction.', hint)
    if not down and attributes.get("overwrite"):
        yield Problem(("overwrite",), "Unsupported argument", '"overwrite" is for downloads: an upload replaces what differs.')
    target = attributes.get("target")
    if down and isinstance(target, str) and PurePosixPath(target) in (PurePosixPath("."), PurePosixPath("/")):
        detail = f'"{target}" is no folder of its own: the files of a download would lie among others.'
        yield Problem(("target",), "Invalid target", detail, 'name a folder of its own, such as "data"')


S3_SYNC = ResourceType(
    "s3_sync",
    "aws",
    {
        "bucket": Attribute(STRING, required=True, ref=Ref(("s3_bucket",)), doc="The bucket."),
        "prefix": Attribute(STRING, required=True, doc="The part of the bucket that is kept equal to the folder."),
        "direction": Attribute(STRING, default="upload", check=check_direction, doc="upload, or download."),
        "source": Attribute(STRING, doc="The folder to upload, relative to the configuration."),
        "target": Attribute(STRING, replaces=True, doc="The folder to download to, relative to the configuration."),
        "exclude": Attribute(ListType(STRING), doc="Patterns, as in .gitignore, of what is left out."),
        "delete": Attribute(BOOL, default=False, doc="Whether files that are gone on the one side are deleted on the other."),
        "max_delete_percent": Attribute(
            NUMBER, default=50, check=check_percent, doc="The largest share of the files that `delete` may delete at once."
        ),
        "overwrite": Attribute(BOOL, default=False, doc="Whether a download may replace files that were changed here."),
        "verify": Attribute(BOOL, default=False, doc="Whether each plan reads all content again, here and in the bucket."),
        "manifest": Attribute(MapType(STRING), computed=True, doc="Path to sha256 of each file."),
    },
    ("bucket", "prefix"),
    check=check_sync,
    doc="A folder's content, kept equal to a prefix of a bucket.",
)
