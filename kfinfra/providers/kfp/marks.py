"""The ownership mark of KFP objects: a suffix of the description, since KFP has no labels that every version knows. Pure.

Experiments and recurring runs keep their description in 255 characters (gorm's DefaultStringSize in the API server's
client_manager.go); a pipeline's is a long text. A description that does not fit is refused before anything is called.
"""

from __future__ import annotations

import re

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.plain import Plain

KEY = "kfinfra.dev/owner"
SHORT = 255
_MARK = re.compile(r"\s*\[kfinfra\.dev/owner=([^\]]*)\]\s*$")
_QUOTED = re.compile(r"(?:=[0-9A-F]{2})+")


def marked(description: Plain, owner: str) -> str:
    """The description to send: what the user wrote, and the mark."""
    return f"{description or ''} [{KEY}={owner}]".strip()


def marked_short(description: Plain, owner: str) -> str:
    """The same for an object that holds 255 characters. Raises DiagnosticError where they are too few."""
    text = marked(description, owner)
    if len(text) > SHORT:
        room = SHORT - len(text) + len(str(description or ""))
        raise DiagnosticError(
            error(
                "Description is too long",
                f"KFP keeps {SHORT} characters of a description, and kfinfra's mark of ownership needs some of them: "
                f"{max(room, 0)} are left here, and {len(str(description or ''))} are written.",
                hint="shorten the description" if room > 0 else "shorten the names of the module and the resource",
            )
        )
    return text


def split(text: Plain) -> tuple[str | None, str | None]:
    """The description as the user wrote it and the owner, each None where there is none."""
    whole = str(text or "")
    found = _MARK.search(whole)
    if found is None:
        return whole or None, None
    return whole[: found.start()] or None, found.group(1)


def lineage(owner: str) -> str:
    """The state that an owner's mark belongs to."""
    return owner.partition("/")[0]


def names(owner: str, address: Address) -> bool:
    """Whether the mark is one of `address`, in whatever state: `=5B` in a mark stands for the byte 0x5B."""
    readable = _QUOTED.sub(lambda m: bytes.fromhex(m.group().replace("=", "")).decode(errors="replace"), owner)
    return readable.partition("/")[2] == str(address)
