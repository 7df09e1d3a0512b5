"""Files that kfp embeds in a component's source (embedded artifacts, notebooks): unpacked, because gzip and tar carry times.

kfp's own template writes the line `__KFP_EMBEDDED_ARCHIVE_B64 = '…'` (kfp/dsl/component_factory.py and
dsl/templates/notebook_executor.py). Compiling twice gives two archives of the same files.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import tarfile
import zlib

_EMBEDDED = re.compile(r"(?m)^(__KFP_EMBEDDED_ARCHIVE_B64 = ')([A-Za-z0-9+/=]*)(')")


def unpacked(text: str) -> str:
    """`text` with each embedded archive replaced by what is in it: names, kinds, modes' x-bit and digests of content."""
    if "__KFP_EMBEDDED_ARCHIVE_B64" not in text:
        return text
    return _EMBEDDED.sub(lambda found: found[1] + _content(found[2]) + found[3], text)


def _content(encoded: str) -> str:
    """The archive's members in order of name; what is no archive stays as it is, and so counts as it stands."""
    try:
        packed = base64.b64decode(encoded, validate=True)
        with tarfile.open(fileobj=io.BytesIO(packed), mode="r:gz") as archive:
            members = sorted((_member(archive, m) for m in archive.getmembers()), key=lambda line: line.split(" ", 1)[1])
    except (binascii.Error, ValueError, tarfile.TarError, zlib.error, EOFError, OSError):
        return encoded
    return "tar:" + ",".join(members)


def _member(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    name = member.name.removeprefix("./")
    if member.isfile():
        inside = archive.extractfile(member)
        content = inside.read() if inside is not None else b""
        kind = "x" if member.mode & 0o100 else "f"
        return f"{kind}:{hashlib.sha256(content).hexdigest()} {name}"
    return f"{'d' if member.isdir() else 'l:' + member.linkname} {name}"
