"""The root module's outputs as a plan has them: what state keeps of each against what it will be. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from kfinfra.model.plain import Plain, is_known
from kfinfra.plan.change import Action, OutputChange
from kfinfra.state.document import OutputState


def output_changes(old: Mapping[str, OutputState], new: Mapping[str, tuple[Plain, bool]]) -> tuple[OutputChange, ...]:
    """Each output's change; `new` has the value of each, and whether it is sensitive. One that is null is none."""
    out = []
    for name in sorted(new.keys() | old.keys()):
        before = old.get(name)
        value, sensitive = new.get(name, (None, False))
        if value is None and before is None:
            continue
        out.append(_change(name, before.value if before else None, before is not None, value, value is not None, sensitive))
    return tuple(out)


def no_outputs(old: Mapping[str, OutputState]) -> tuple[OutputChange, ...]:
    """All of them gone."""
    return tuple(OutputChange(n, Action.DELETE, o.value, None, o.sensitive) for n, o in sorted(old.items()))


def _change(name: str, old: Plain, had: bool, new: Plain, has: bool, sensitive: bool) -> OutputChange:
    if not has:
        action = Action.DELETE
    elif not had:
        action = Action.CREATE
    elif sensitive:
        action = Action.NOOP if is_known(new) else Action.UPDATE
    else:
        action = Action.NOOP if old == new else Action.UPDATE
    return OutputChange(name, action, old, new, sensitive)
