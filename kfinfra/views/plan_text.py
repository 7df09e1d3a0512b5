"""A plan as text that reads like Terraform's: symbols, nested diffs, what is known after apply, why it is replaced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from kfinfra.model.address import key_text as instance_key
from kfinfra.model.plain import Plain
from kfinfra.plan.change import Action, Change, Mode, OutputChange, Plan
from kfinfra.views.cells import prose
from kfinfra.views.outputs_text import summed
from kfinfra.views.paint import paint, paint_symbol
from kfinfra.views.values_text import Context, Line, Slot, changed, hidden, key_text, one, shown

SYMBOLS = {
    "create": "+",
    "update": "~",
    "delete": "-",
    "delete,create": "-/+",
    "create,delete": "+/-",
    "read": "<=",
    "forget": ".",
    "no-op": " ",
}
LEGEND = {
    "create": "create",
    "update": "update in-place",
    "delete": "destroy",
    "delete,create": "destroy and then create replacement",
    "create,delete": "create replacement and then destroy",
    "read": "read (data resources)",
    "forget": "forget, leaving it in place",
}
_VERBS = {
    "create": "will be created",
    "update": "will be updated in-place",
    "delete": "will be destroyed",
    "delete,create": "must be replaced",
    "create,delete": "must be replaced",
    "read": "will be read during apply",
    "forget": "will no longer be managed by kfinfra, but will not be destroyed",
}
_VERB_BY_REASON = {
    "replace_because_tainted": "is tainted, so must be replaced",
    "replace_by_request": "will be replaced, as requested",
    "replace_by_triggers": "will be replaced due to changes in replace_triggered_by",
}
NAMES = frozenset({"name", "id", "tags", "cluster", "namespace", "bucket", "prefix"})
COVERED = frozenset({"digest", "summary", "manifest", "tasks", "dag"})
"""Computed attributes that a change's details say better."""
_NEVER = frozenset({"dag"})
"""What is never shown: a pipeline's blocks as they were read; its tasks are, as soon as they are known."""
_RULE = "─" * 77


def render_plan(plan: Plan, *, color: bool = False, width: int = 0) -> str:
    """The whole plan, ending in a newline; nothing of a plan that failed before it began. `width`: sentences are that wide."""
    return "".join(f"{line}\n" for line in prose(_plan(plan, color), width))


def render_drift(plan: Plan, *, color: bool = False, width: int = 0) -> str:
    """What has changed outside since the last apply, ending in a newline. `width`: sentences are that wide."""
    if not plan.drift:
        return "No drift. Everything that state knows of is as the last apply left it.\n"
    count = len(plan.drift)
    told = f"{count} object{' has' if count == 1 else 's have'} changed. kfinfra plan shows what would undo this, kfinfra refresh"
    return "".join(f"{line}\n" for line in prose((*_drift(plan, color), f"{told} takes it over."), width))


def _plan(plan: Plan, color: bool) -> Iterator[str]:
    if plan.drift:
        yield from _drift(plan, color)
    doing = plan.to_apply
    outputs = [o for o in plan.outputs if o.action is not Action.NOOP]
    if not doing and not outputs:
        yield from () if plan.errored else _nothing(plan)
        return
    if doing:
        yield from _actions(plan, color)
        yield f"{paint('Plan:', 'bold', color)} {summed(plan)}"
    if outputs:
        yield from ["", "Changes to Outputs:"] if doing else ["Changes to Outputs:"]
        width = max(len(key_text(o.name)) for o in outputs)
        yield from (line.render(color) for output in outputs for line in _output(output, width))
    if not doing and not plan.errored:
        yield ""
        yield "Applying this plan saves these outputs in the state, and changes nothing else."


def _nothing(plan: Plan) -> Iterator[str]:
    if plan.mode is Mode.REFRESH_ONLY and plan.drift:
        yield "Applying this plan records these changes in the state, and changes nothing else."
    elif plan.mode is Mode.DESTROY:
        yield "No changes. There is nothing to destroy."
    else:
        yield "No changes. Your infrastructure matches the configuration."
        if plan.drift:
            yield ""
            yield "Applying this plan records what was found above in the state, and changes nothing else."


def _drift(plan: Plan, color: bool) -> Iterator[str]:
    yield f"{paint('Note:', 'bold', color)} Objects have changed outside of kfinfra"
    yield ""
    yield 'kfinfra found these changes, made since the last "kfinfra apply":'
    yield ""
    for change in plan.drift:
        gone = change.action is Action.DELETE
        yield paint(f"  # {change.address} has {'been deleted' if gone else 'changed'}", "bold", color)
        yield from (line.render(color) for line in _resource(change))
        yield ""
    if plan.mode is not Mode.REFRESH_ONLY:
        if plan.to_apply:
            yield "Unless the configuration was changed alike, the following plan undoes these changes."
            yield ""
        yield _RULE
        yield ""


def _actions(plan: Plan, color: bool) -> Iterator[str]:
    doing = plan.to_apply
    used = {c.action.value for c in doing}
    if used & LEGEND.keys():
        yield "Resource actions are indicated with the following symbols:"
        for action, words in LEGEND.items():
            if action in used:
                yield f"{' ' * (3 - len(SYMBOLS[action]))}{paint_symbol(SYMBOLS[action], color)} {words}"
        yield ""
    if plan.errored:
        yield "kfinfra planned the following actions, but then encountered a problem:"
    else:
        yield "kfinfra will perform the following actions:"
    yield ""
    for change in doing:
        yield paint(f"  # {title(change)}", "bold", color)
        yield from (f"  # ({why})" for why in _because(change))
        yield from (line.render(color) for line in _resource(change))
        yield ""


def title(change: Change) -> str:
    """What happens to the resource, in one line."""
    if change.action is Action.NOOP and change.previous is not None:
        return f"{change.previous} has moved to {change.address}"
    if change.action is Action.NOOP:
        return f"{change.address} will be imported"
    return f"{change.address} {_VERB_BY_REASON.get(change.reason, _VERBS[change.action.value])}"


def _because(change: Change) -> Iterator[str]:
    if change.previous is not None and change.action is not Action.NOOP:
        yield f"moved from {change.previous}"
    if change.importing and change.action is not Action.NOOP:
        yield f'imported from "{change.importing}"'
    if change.address.deposed:
        yield "left over from a replacement of this instance that did not come to its end"
    if why := "destroy = false is set in the configuration" if change.action is Action.FORGET else _reason(change):
        yield why


def _reason(change: Change) -> str:
    key = instance_key(change.address.key)
    match change.reason:
        case "delete_because_no_resource_config":
            return f"because {change.address.resource} is not in configuration"
        case "delete_because_count_index":
            return f"because index {key} is out of range for count"
        case "delete_because_each_key":
            return f"because key {key} is not in for_each map"
        case "delete_because_wrong_repetition":
            return "because its block repeats now, or no longer does"
        case "read_because_config_unknown":
            return "config refers to values not yet known"
        case "read_because_dependency_pending":
            return "depends on a resource with changes pending"
        case "delete_because_no_module":
            return f"because {change.address.module_text.rstrip('.')} is not in configuration"
        case _:
            return ""


def _resource(change: Change) -> Iterator[Line]:
    symbol = SYMBOLS[change.action.value]
    kind = f'data "{change.address.type}"' if change.address.data else change.address.type
    yield Line(3 - len(symbol), symbol, f'{kind} "{change.address.name}" {{')
    context = Context.of(change.sensitive, (d.path for d in change.differences if d.replaces))
    before, after = dict(change.before or {}), dict(change.after or {})
    covered = COVERED if change.details and change.address.type != "manifest" else _NEVER
    every = [n for n in sorted(before.keys() | after.keys()) if n not in covered]
    every = [n for n in every if before.get(n) is not None or after.get(n) is not None]
    touched = {str(d.path[0]) for d in change.differences}
    whole = change.before is None or change.after is None or (change.importing != "" and change.action is Action.NOOP)
    whole = whole and change.action is not Action.FORGET
    seen = [n for n in every if whole or n in touched or n in NAMES]
    width = max(map(len, [*seen, *change.write_only]), default=0)
    for name in seen:
        old = before.get(name)
        new = after.get(name) if whole or name in touched else old
        yield from one(old, new, Slot((name,), f"{name:<{width}}", 6), context, gone=" -> null")
    for name in change.write_only:
        yield Line(6, "+" if change.before is None else "~", f"{name:<{width}} = (write-only attribute)")
    for detail in change.details:
        yield Line(6 + 2 * detail.depth, detail.symbol.strip(), detail.text)
    yield from hidden(len(every) - len(seen), "attribute", 6)
    yield Line(2, "", "}")


def _output(output: OutputChange, width: int) -> Iterator[Line]:
    name = f"{key_text(output.name):<{width}}"
    context = replace(Context.of([(output.name,)] if output.sensitive else []), nulls=True)
    slot = Slot((output.name,), name, 2)
    if output.action is Action.CREATE:
        yield from shown("+", output.after, slot, context)
    elif output.action is Action.DELETE:
        yield from one(_present(output), None, slot, context, gone=" -> null")
    else:
        yield from changed(output.before, output.after, slot, context)


def _present(output: OutputChange) -> Plain:
    """A sensitive output's value is not kept: anything but None stands for it, and is not shown."""
    return "" if output.before is None else output.before
