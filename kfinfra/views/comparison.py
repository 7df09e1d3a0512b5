"""Two versions of a pipeline compared, as text and as JSON."""

from __future__ import annotations

from kfinfra.app.comparing import Comparison
from kfinfra.views.paint import paint
from kfinfra.views.values_text import Line


def render_comparison(address: str, found: Comparison, color: bool) -> str:
    """Task by task, in the plan's symbols."""
    head = f"  # {address}: {found.old} ({found.old_created}) -> {found.new} ({found.new_created})"
    lines = [Line(2 + 2 * line.depth, line.symbol.strip(), line.text).render(color) for line in found.lines]
    body = lines or ["  No differences: both versions hold the same."]
    return "\n".join([paint(head, "bold", color), *body, ""])


def comparison_json(found: Comparison) -> dict[str, object]:
    """The versions, and each line of the difference."""
    lines = [{"symbol": line.symbol.strip(), "depth": line.depth, "text": line.text} for line in found.lines]
    old, new = ({"version": v, "created": c} for v, c in ((found.old, found.old_created), (found.new, found.new_created)))
    return {"old": old, "new": new, "changes": lines}
