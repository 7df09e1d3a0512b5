"""state pull and push, force-unlock: the state document as a whole. No server is asked."""

from __future__ import annotations

from dataclasses import replace

from kfinfra.app.inspect import state_store
from kfinfra.app.options import Workplace
from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.state.codec import decode, encode
from kfinfra.state.document import State
from kfinfra.state.journal import fold


def pull(work: Workplace) -> bytes | None:
    """The state document with the journal's outcomes in it, or None where nothing was ever applied."""
    store = state_store(work)
    state = store.read()
    return None if state is None else encode(fold(state, store.read_journal())[0])


def push(work: Workplace, data: bytes, name: str, force: bool, timeout: float) -> State:
    """Writes the document `data` in the place of the state there is. Raises DiagnosticError where it is no successor of it.

    `force` skips the checks of lineage and serial, and forgets what was begun and has no known end; the serial then becomes
    higher than the one there is.
    """
    pushed = decode(data, name)
    store = state_store(work)
    with store.lock("state push", timeout):
        there = store.read()
        if there is not None:
            there, still_open = fold(there, store.read_journal())
            if still_open and not force:
                addresses = ", ".join(str(i.address) for i in still_open)
                detail = f"An earlier command left operations open: {addresses}. A new state would forget what they have made."
                hint = "kfinfra plan looks them up and settles them; -force, for a server that is gone for good, forgets them"
                raise DiagnosticError(error("Operations are open", detail, hint=hint))
            if not force and (why := refusal(there, pushed)) is not None:
                raise DiagnosticError(why)
            if pushed == there and not still_open:
                return there
            pushed = replace(pushed, serial=max(pushed.serial, there.serial + 1) if force else pushed.serial)
        store.write(pushed)
    return pushed


def refusal(there: State, pushed: State) -> Diagnostic | None:
    """Why `pushed` cannot take the place of `there`, as Terraform has it (statemgr.Import)."""
    hint = "-force writes it all the same; keep a copy first: kfinfra state pull > FILE"
    if there.lineage != pushed.lineage:
        detail = f"It has the lineage {pushed.lineage}, and the state there is has {there.lineage}: they are of different origin."
        return error("Cannot push an unrelated state", detail, hint=hint)
    if pushed.serial < there.serial:
        detail = f"Its serial is {pushed.serial}, and the state there is has {there.serial}: something was applied since."
        return error("Cannot push an older state", detail, hint=hint)
    if pushed.serial == there.serial and pushed != there:
        detail = f"Both have the serial {there.serial}, and they are not the same."
        return error("Cannot push a different state of the same serial", detail, hint=f"raise the serial in the file; {hint}")
    return None


def unlock(work: Workplace, lock_id: str) -> None:
    """Takes somebody's lock away. Raises DiagnosticError where that is not possible."""
    state_store(work).unlock(lock_id)
