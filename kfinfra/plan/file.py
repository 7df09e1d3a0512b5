"""The plan file: a plan as JSON, with sensitive values left out (they are worked out again when it is applied)."""

from __future__ import annotations

import json
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.checks import Checked, Status
from kfinfra.model.plain import UNKNOWN, Path, Plain
from kfinfra.model.ports import DetailLine
from kfinfra.plan.change import Action, Change, Difference, Mode, OutputChange, Plan

VERSION = 1
_UNKNOWN_KEY = "\u0000unknown"


def encode_plan(plan: Plan) -> bytes:
    """The plan as UTF-8 JSON."""
    body = {
        "kfinfra_plan": VERSION,
        "mode": plan.mode.value,
        "changes": [_change(c) for c in plan.changes],
        "drift": [_change(c) for c in plan.drift],
        "outputs": [_output(o) for o in plan.outputs],
        "lineage": plan.lineage,
        "serial": plan.serial,
        "config_digest": plan.config_digest,
        "variables": dict(plan.variables),
        "targets": list(plan.targets),
        "replace": list(plan.replace),
        "data": [_change(c) for c in plan.data],
        "made": plan.made,
        "checks": [[str(c.address), c.status.value, list(c.problems)] for c in plan.checks],
    }
    return json.dumps(_pack(body), sort_keys=True, ensure_ascii=False).encode()


def decode_plan(data: bytes, name: str) -> Plan:
    """The plan in `data`. Raises DiagnosticError where it is none."""
    try:
        body = _unpack(json.loads(data))
        if body["kfinfra_plan"] != VERSION:
            raise ValueError(f"its version is {body['kfinfra_plan']}, this kfinfra reads {VERSION}")
        return Plan(
            Mode(body["mode"]),
            tuple(_read_change(c) for c in body["changes"]),
            tuple(_read_change(c) for c in body["drift"]),
            tuple(_read_output(o) for o in body["outputs"]),
            body["lineage"],
            body["serial"],
            body["config_digest"],
            body["variables"],
            (),
            tuple(body["targets"]),
            tuple(body["replace"]),
            tuple(_read_change(c) for c in body["data"]),
            body["made"],
            tuple(Checked(Address.parse(a), Status(status), tuple(said)) for a, status, said in body["checks"]),
        )
    except (ValueError, KeyError, TypeError) as problem:
        detail = f"{name} is not a plan that this kfinfra can read: {problem}."
        raise DiagnosticError(error("Plan cannot be read", detail, hint="make it with: kfinfra plan -out FILE")) from problem


def _change(c: Change) -> dict[str, Any]:
    return {
        "address": str(c.address),
        "action": c.action.value,
        "provider": c.provider,
        "before": None if c.before is None else redact(dict(c.before), c.sensitive),
        "after": None if c.after is None else redact(dict(c.after), c.sensitive),
        "differences": [_difference(d, c.sensitive) for d in c.differences],
        "sensitive": sorted((list(p) for p in c.sensitive), key=str),
        "write_only": list(c.write_only),
        "reason": c.reason,
        "dependencies": sorted(map(str, c.dependencies)),
        "details": [[d.symbol, d.text, d.depth] for d in c.details],
        "previous": str(c.previous) if c.previous else None,
        "importing": c.importing,
    }


def _difference(d: Difference, sensitive: frozenset[Path]) -> list[Any]:
    hidden = any(p[: len(d.path)] == d.path or d.path[: len(p)] == p for p in sensitive)
    return [list(d.path), None if hidden else d.old, None if hidden else d.new, d.replaces]


def redact(value: Plain, sensitive: frozenset[Path]) -> Plain:
    """`value` with UNKNOWN in the place of every sensitive part, so that nothing secret is written and nothing is assumed."""
    for path in sensitive:
        value = _hide(value, path)
    return value


def _hide(value: Plain, path: Path) -> Plain:
    if not path:
        return UNKNOWN
    step = path[0]
    if isinstance(value, dict) and step in value:
        return {k: _hide(v, path[1:]) if k == step else v for k, v in value.items()}
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return [_hide(v, path[1:]) if i == step else v for i, v in enumerate(value)]
    return value


def _read_change(d: dict[str, Any]) -> Change:
    return Change(
        Address.parse(d["address"]),
        Action(d["action"]),
        d["provider"],
        d["before"],
        d["after"],
        tuple(Difference(tuple(p), old, new, replaces) for p, old, new, replaces in d["differences"]),
        frozenset(tuple(p) for p in d["sensitive"]),
        tuple(d["write_only"]),
        d["reason"],
        frozenset(Address.parse(a) for a in d["dependencies"]),
        tuple(DetailLine(symbol, text, depth) for symbol, text, depth in d["details"]),
        None,
        Address.parse(d["previous"]) if d["previous"] else None,
        d["importing"],
    )


def _output(o: OutputChange) -> dict[str, Any]:
    shown = (None, None) if o.sensitive else (o.before, o.after)
    return {"name": o.name, "action": o.action.value, "before": shown[0], "after": shown[1], "sensitive": o.sensitive}


def _read_output(d: dict[str, Any]) -> OutputChange:
    return OutputChange(d["name"], Action(d["action"]), d["before"], d["after"], d["sensitive"])


def _pack(value: Any) -> Any:
    if value is UNKNOWN:
        return {_UNKNOWN_KEY: True}
    if isinstance(value, dict):
        return {k: _pack(v) for k, v in value.items()}
    return [_pack(v) for v in value] if isinstance(value, list) else value


def _unpack(value: Any) -> Any:
    if isinstance(value, dict):
        return UNKNOWN if _UNKNOWN_KEY in value else {k: _unpack(v) for k, v in value.items()}
    return [_unpack(v) for v in value] if isinstance(value, list) else value
