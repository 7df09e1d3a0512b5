"""A plan as text that reads like Terraform's: symbols, nested diffs, what is known after apply, why it is replaced."""

from __future__ import annotations

import json
from collections.abc import Iterator
from difflib import SequenceMatcher

from kfinfra.model.plain import UNKNOWN, Path, Plain
from kfinfra.plan.change import Action, Change, Mode, OutputChange, Plan
from kfinfra.views.align import aligned

SYMBOLS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.REPLACE: "-/+", Action.CREATE_THEN_DELETE: "+/-"}
LEGEND = {
    Action.CREATE: "  + create",
    Action.UPDATE: "  ~ update in-place",
    Action.DELETE: "  - destroy",
    Action.REPLACE: "-/+ destroy and then create replacement",
    Action.CREATE_THEN_DELETE: "+/- create replacement and then destroy",
}
_VERBS = {
    Action.CREATE: "will be created",
    Action.UPDATE: "will be updated in-place",
    Action.DELETE: "will be destroyed",
    Action.REPLACE: "must be replaced",
    Action.CREATE_THEN_DELETE: "must be replaced",
}
_REASONS = {
    "delete_because_no_resource_config": "because it is not in the configuration",
    "delete_because_count_index": "because its index is out of range for count",
    "delete_because_each_key": "because its key is not in for_each",
    "delete_because_wrong_repetition": "because its block repeats now, or no longer does",
    "replace_because_tainted": "is tainted: an earlier apply left it unfinished",
    "replace_by_request": "as asked for with -replace",
}
_COLORS = {"+": "\x1b[32m", "~": "\x1b[33m", "-": "\x1b[31m"}
NAMES = ("name", "id", "cluster", "namespace", "bucket", "prefix")


def render_plan(plan: Plan, *, color: bool = False) -> str:
    """The whole plan, ending in a newline."""
    text = "\n".join(_plan(plan)) + "\n"
    return _colored(text) if color else text


def _plan(plan: Plan) -> Iterator[str]:
    if plan.drift:
        yield "Note: Objects have changed outside of kfinfra"
        yield ""
        for change in plan.drift:
            gone = change.action is Action.DELETE
            yield f"  # {change.address} has {'been deleted' if gone else 'changed'}"
            yield from aligned(_resource(change))
            yield ""
    doing = plan.to_apply
    outputs = [o for o in plan.outputs if o.action is not Action.NOOP]
    if not doing and not outputs:
        same = (
            "Your infrastructure matches the configuration." if plan.mode is not Mode.DESTROY else "There is nothing to destroy."
        )
        if plan.mode is Mode.REFRESH_ONLY and plan.drift:
            yield "Applying this plan records these changes in the state, and changes nothing else."
        else:
            yield f"No changes. {same}"
        return
    if doing:
        yield "kfinfra will perform the following actions:"
        yield from (LEGEND[a] for a in LEGEND if any(c.action is a for c in doing))
        yield ""
    for change in doing:
        yield f"  # {change.address} {_VERBS[change.action]}" + _because(change)
        yield from aligned(_resource(change))
        yield ""
    if doing:
        add, alter, destroy = plan.counts()
        yield f"Plan: {add} to add, {alter} to change, {destroy} to destroy."
    if outputs:
        yield ""
        yield "Changes to Outputs:"
        yield from (line for output in outputs for line in _output(output))


def _because(change: Change) -> str:
    words = _REASONS.get(change.reason)
    return f" ({words})" if words else ""


def _resource(change: Change) -> Iterator[str]:
    symbol = SYMBOLS[change.action]
    yield f'{symbol:>3} {change.address.type} "{change.address.name}" {{'
    hidden = 0
    before, after = dict(change.before or {}), dict(change.after or {})
    forcing = {d.path for d in change.differences if d.replaces}
    covered = {"digest", "summary", "manifest"} if change.details else set()
    for name in sorted(before.keys() | after.keys()):
        lines = list(_attribute(name, change, before.get(name), after.get(name), forcing)) if name not in covered else []
        if lines:
            yield from lines
        elif name not in covered and before.get(name) is not None:
            hidden += 1
    for name in change.write_only:
        yield f"      ~ {name} = (write-only value)"
    for line in change.details:
        yield "      " + "  " * line.depth + (f"{line.symbol} " if line.symbol.strip() else "  ") + line.text
    if hidden:
        yield f"        # ({hidden} unchanged attribute{'s' if hidden > 1 else ''} hidden)"
    yield "    }"


def _attribute(name: str, change: Change, old: Plain, new: Plain, forcing: set[Path]) -> Iterator[str]:
    path: Path = (name,)
    if change.action is Action.CREATE or change.before is None:
        if new is not None:
            yield from _value("+", name, new, 6, change.sensitive, path)
    elif change.action is Action.DELETE:
        if old is not None:
            yield from _value("-", name, old, 6, change.sensitive, path)
    elif old == new or not any(d.path[:1] == path for d in change.differences):
        if name in NAMES and old is not None:
            yield f"        {name} = {_inline(old)}"
    else:
        yield from _diff(name, old, new, 6, change.sensitive, path, forcing)


def _value(symbol: str, name: str, value: Plain, indent: int, sensitive: frozenset[Path], path: Path) -> Iterator[str]:
    pad, head = " " * indent, f"{name} = " if name else ""
    if path in sensitive:
        yield f"{pad}{symbol} {head}(sensitive value)"
    elif isinstance(value, dict) and value:
        yield f"{pad}{symbol} {head}{{"
        for key in sorted(value):
            if value[key] is not None:
                yield from _value(symbol, _key(key), value[key], indent + 4, sensitive, (*path, key))
        yield f"{pad}  }}"
    elif isinstance(value, list) and value:
        yield f"{pad}{symbol} {head}["
        for index, item in enumerate(value):
            yield from _value(symbol, "", item, indent + 4, sensitive, (*path, index))
        yield f"{pad}  ]"
    elif isinstance(value, str) and "\n" in value:
        yield f"{pad}{symbol} {head}<<-EOT"
        yield from (f"{pad}      {line}" for line in value.rstrip("\n").split("\n"))
        yield f"{pad}    EOT"
    else:
        yield f"{pad}{symbol} {head}{_inline(value)}"


def _diff(
    name: str, old: Plain, new: Plain, indent: int, sensitive: frozenset[Path], path: Path, forcing: set[Path]
) -> Iterator[str]:
    pad, head = " " * indent, f"{name} = " if name else ""
    forces = " # forces replacement" if path in forcing else ""
    if path in sensitive:
        yield f"{pad}~ {head}(sensitive value){forces}"
    elif isinstance(old, dict) and isinstance(new, dict):
        yield f"{pad}~ {head}{{{forces}"
        for key in sorted(old.keys() | new.keys()):
            yield from _entry(key, old, new, indent + 4, sensitive, (*path, key), forcing)
        yield f"{pad}  }}"
    elif isinstance(old, list) and isinstance(new, list):
        yield f"{pad}~ {head}[{forces}"
        yield from _list_diff(old, new, indent + 4, sensitive, path)
        yield f"{pad}  ]"
    else:
        yield f"{pad}~ {head}{_inline(old)} -> {_inline(new)}{forces}"


def _entry(
    key: str,
    old: dict[str, Plain],
    new: dict[str, Plain],
    indent: int,
    sensitive: frozenset[Path],
    path: Path,
    forcing: set[Path],
) -> Iterator[str]:
    before, after = old.get(key), new.get(key)
    if before == after:
        return
    if before is None:
        yield from _value("+", _key(key), after, indent, sensitive, path)
    elif after is None:
        yield from _value("-", _key(key), before, indent, sensitive, path)
    else:
        yield from _diff(_key(key), before, after, indent, sensitive, path, forcing)


def _list_diff(old: list[Plain], new: list[Plain], indent: int, sensitive: frozenset[Path], path: Path) -> Iterator[str]:
    keys = [[json.dumps(x, sort_keys=True, default=str) for x in items] for items in (old, new)]
    for kind, a, b, c, d in SequenceMatcher(None, keys[0], keys[1], autojunk=False).get_opcodes():
        if kind == "equal":
            yield f"{' ' * indent}  # ({b - a} unchanged element{'s' if b - a > 1 else ''} hidden)"
            continue
        for index in range(a, b):
            yield from _value("-", "", old[index], indent, sensitive, (*path, index))
        for index in range(c, d):
            yield from _value("+", "", new[index], indent, sensitive, (*path, index))


def _output(output: OutputChange) -> Iterator[str]:
    symbol = {Action.CREATE: "+", Action.DELETE: "-"}.get(output.action, "~")
    if output.sensitive:
        yield f"  {symbol} {output.name} = (sensitive value)"
    elif output.action is Action.UPDATE:
        yield f"  ~ {output.name} = {_inline(output.before)} -> {_inline(output.after)}"
    else:
        shown = output.after if output.action is Action.CREATE else output.before
        yield from _value(symbol, output.name, shown, 2, frozenset(), (output.name,))


def _key(key: str) -> str:
    return key if key.replace("-", "_").isidentifier() else json.dumps(key, ensure_ascii=False)


def _inline(value: Plain) -> str:
    if value is UNKNOWN:
        return "(known after apply)"
    return json.dumps(value, ensure_ascii=False, default=lambda _: "(known after apply)")


def _colored(text: str) -> str:
    out = []
    for line in text.split("\n"):
        symbol = line.strip()[:1]
        if symbol == "#":
            out.append(f"\x1b[1m{line}\x1b[0m")
        elif symbol in _COLORS and line.strip()[1:2] in (" ", "/"):
            out.append(line.replace(symbol, f"{_COLORS[symbol]}{symbol}\x1b[0m", 1))
        else:
            out.append(line)
    return "\n".join(out)
