"""The port that every state backend implements: read, lock, journal, replace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kfinfra.state.document import State
    from kfinfra.state.journal import Record


class StateStore(Protocol):
    """Where state and journal lie. All methods raise DiagnosticError for what a user can mend."""

    def read(self) -> State | None:
        """The state, or None where there is none yet."""
        ...

    def read_journal(self) -> Sequence[Record]:
        """The journal's records, empty where it is empty."""
        ...

    def lock(self, operation: str, timeout: float) -> AbstractContextManager[None]:
        """Holds the lock; waits up to `timeout` seconds. Raises DiagnosticError with the holder's details."""
        ...

    def unlock(self, lock_id: str) -> None:
        """Takes away the lock of that id, which somebody else holds or has left. Raises DiagnosticError where it cannot."""
        ...

    def append(self, record: Record) -> None:
        """Makes a journal record durable before it returns. Called from several threads."""
        ...

    def write(self, state: State, still_open: Iterable[Record] = ()) -> None:
        """Replaces the state atomically (the old one is kept as a backup), and the journal by what is `still_open`.

        Whenever it is cut off, the state and journal that are read next say the same as before, or all that is written.
        """
        ...


class Workspaces(Protocol):
    """A backend's states, by the name of their workspace. Methods raise DiagnosticError."""

    def names(self) -> Iterable[str]:
        """The workspaces that have a state."""
        ...

    def store(self, name: str) -> StateStore:
        """Where a workspace's state lies, or would."""
        ...

    def remove(self, name: str) -> None:
        """Removes a workspace's state and journal; its lock is held."""
        ...
