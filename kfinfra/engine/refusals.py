"""Why an object cannot be destroyed or replaced as is planned, and what has one replaced that has not changed itself. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from kfinfra.diag import Diagnostic, error
from kfinfra.model.plain import Path, at_path
from kfinfra.model.resource import Lifecycle
from kfinfra.plan.change import Action, Change


def refused(change: Change, lifecycle: Lifecycle) -> Iterable[Diagnostic]:
    """Why an object cannot be destroyed, or replaced, as is planned."""
    place, address = change.span, str(change.address)
    if lifecycle.prevent_destroy is None:
        detail = f"{address} would be destroyed, and whether its lifecycle.prevent_destroy forbids that is not known yet."
        yield error("Unknown prevent_destroy", detail, place, address=address, hint="make it of variables and locals only")
    if lifecycle.create_before_destroy is None and change.action.replaces:
        detail = f"{address} must be replaced, and the value of its lifecycle.create_before_destroy is not known yet."
        yield error("Unknown create_before_destroy", detail, place, address=address, hint="make it of variables and locals only")
    if not lifecycle.prevent_destroy:
        return
    because = ", ".join(sorted({str(d.path[0]) for d in change.differences if d.replaces}))
    why = f" (changing {because} forces a replacement)" if because else ""
    yield error(
        "Instance cannot be destroyed",
        f"{address} has lifecycle.prevent_destroy set, but this plan would destroy it{why}.",
        place,
        address=address,
        hint="remove prevent_destroy, or exclude it with -target",
    )


def triggers(change: Change, path: Path) -> bool:
    """Whether a planned change has what names it in `replace_triggered_by` replaced.

    A whole object's update or replacement does, its making does not; of an attribute it is the value that counts
    (internal/terraform, context_plan.go and eval_context_builtin.go, EvaluateReplaceTriggeredBy).
    """
    if not path:
        return change.action.replaces or change.action is Action.UPDATE
    if path[0] in change.write_only:
        return True
    return at_path(dict(change.before or {}), path) != at_path(dict(change.after or {}), path)
