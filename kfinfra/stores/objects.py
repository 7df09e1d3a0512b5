"""The port to a server that holds small objects by name: what S3 and Kubernetes have in common, as far as a state needs it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Held:
    """An object: its content, the version that the server gives it, and the note that was put beside it.

    `age`: the seconds since it was written, by the server's own clock; 0 where the server does not say.
    """

    data: bytes
    version: str
    note: str = ""
    age: float = field(default=0.0, compare=False)


class Stale(Exception):
    """The object is not the one that was expected: another one, or none, or there is one already."""


class Objects(Protocol):
    """Objects by name. Methods raise DiagnosticError where the server fails or refuses."""

    def shown(self, name: str) -> str:
        """The name as a user knows it."""
        ...

    def get(self, name: str) -> Held | None:
        """The object, or None where there is none."""
        ...

    def put(self, name: str, data: bytes, expected: str | None, note: str = "") -> str:
        """Writes it whole and durably if it still has the version `expected`, or is not there (None); its new version.

        Raises Stale. An answer that was lost on its way may have been tried again: then Stale may mean one's own writing.
        """
        ...

    def copy(self, source: str, target: str) -> None:
        """Writes the content of one object, which exists, over another, with its note."""
        ...

    def names(self, prefix: str) -> Sequence[str]:
        """The names that begin with `prefix`, sorted."""
        ...

    def contents(self, names: Sequence[str]) -> Sequence[bytes | None]:
        """The content of each; None where it is not there any more."""
        ...

    def delete(self, names: Sequence[str]) -> None:
        """Takes them away; one that is not there is no mistake."""
        ...
