"""Server-side apply and the ownership of fields. Pure: bodies in, bodies out (sigs.k8s.io/structured-merge-diff in small).

Maps are granular, lists are atomic, but for metadata.finalizers, which is a set. That is so for all kinds here.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from kfinfra.sandbox.kubernetes.faults import Fault

Body = dict[str, Any]
Field = tuple[str, ...]
_NOT_OWNED = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
_SYSTEM = ("creationTimestamp", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "uid", "selfLink")
FINALIZERS = ("metadata", "finalizers")


def fields_of(body: Mapping[str, Any], at: Field = ()) -> set[Field]:
    """The leaves of a body: what a manager that sends it owns. A finalizer is a leaf of its own."""
    found: set[Field] = set()
    for name, value in body.items():
        path = (*at, name)
        if path in _NOT_OWNED or (at == ("metadata",) and name in _SYSTEM):
            continue
        if isinstance(value, dict) and value:
            found |= fields_of(value, path)
        elif path == FINALIZERS:
            found |= {(*path, f"v:{json.dumps(v)}") for v in value}
        elif value is not None:
            found.add(path)
    return found


def value_at(body: Any, path: Field) -> Any:
    """The value at a leaf, None where there is none."""
    for step in path:
        if step.startswith("v:") and isinstance(body, list):
            return step if json.loads(step[2:]) in body else None
        body = body.get(step) if isinstance(body, dict) else None
    return body


def _put(body: Body, path: Field, value: Any) -> None:
    for step in path[:-1]:
        if path[:-1] == FINALIZERS and step == "finalizers":
            values = body.setdefault(step, [])
            if json.loads(path[-1][2:]) not in values:
                values.append(json.loads(path[-1][2:]))
            return
        if not isinstance(body.get(step), dict):
            body[step] = {}
        body = body[step]
    body[path[-1]] = copy.deepcopy(value)


def _drop(body: Any, path: Field) -> None:
    if not isinstance(body, dict) or path[0] not in body:
        return
    if isinstance(body[path[0]], list) and len(path) > 1:
        body[path[0]] = [v for v in body[path[0]] if f"v:{json.dumps(v)}" != path[1]]
    elif len(path) > 1:
        _drop(body[path[0]], path[1:])
    else:
        del body[path[0]]
        return
    if body[path[0]] in ({}, []):
        del body[path[0]]


Owners = dict[tuple[str, str], set[Field]]
"""(manager, operation) to the fields it owns."""


def owners_of(body: Mapping[str, Any]) -> Owners:
    """What managedFields say."""
    entries = body.get("metadata", {}).get("managedFields") or []
    return {(e["manager"], e["operation"]): _decoded(e["fieldsV1"]) for e in entries}


def with_owners(body: Body, owners: Owners, now: str) -> Body:
    """The body with its managedFields; the time of an entry that has not changed stays."""
    old = {(e["manager"], e["operation"]): e for e in body["metadata"].get("managedFields") or []}
    entries = []
    for (manager, operation), fields in sorted(owners.items()):
        if not fields:
            continue
        encoded = _encoded(fields)
        known = old.get((manager, operation))
        time = known["time"] if known and known["fieldsV1"] == encoded else now
        entry = {"manager": manager, "operation": operation, "apiVersion": body["apiVersion"], "time": time}
        entries.append({**entry, "fieldsType": "FieldsV1", "fieldsV1": encoded})
    body["metadata"]["managedFields"] = entries
    return body


def _encoded(fields: set[Field]) -> Body:
    out: Body = {}
    for path in sorted(fields):
        inside = out
        for step in path:
            inside = inside.setdefault(step if step.startswith("v:") else f"f:{step}", {})
    return out


def _decoded(fields: Mapping[str, Any], at: Field = ()) -> set[Field]:
    found: set[Field] = set()
    for name, inside in fields.items():
        path = (*at, name if name.startswith("v:") else name[2:])
        found |= _decoded(inside, path) if inside else {path}
    return found


def applied(live: Body, body: Body, manager: str, force: bool, now: str) -> Body:
    """`live` after `manager` has applied `body`. Raises Fault (Conflict) where others own what it would change."""
    owners, key = owners_of(live), (manager, "Apply")
    wanted, had = fields_of(body), owners.get(key, set())
    taken = {
        other: {f for f in fields & wanted if value_at(live, f) != value_at(body, f)}
        for other, fields in owners.items()
        if other != key
    }
    if any(taken.values()) and not force:
        raise _conflict(taken, live["apiVersion"])
    result = copy.deepcopy(live)
    for path in wanted:
        _put(result, path, value_at(body, path))
    for other, fields in taken.items():
        owners[other] -= fields
    owners[key] = wanted
    still = set().union(*owners.values())
    for path in had - wanted:
        if path not in still:
            _drop(result, path)
    return with_owners(result, owners, now)


def _conflict(taken: Mapping[tuple[str, str], set[Field]], api: str) -> Fault:
    causes = [
        ("FieldManagerConflict", f'conflict with "{manager}"' + (f" using {api}" if how == "Update" else ""), _dotted(field))
        for (manager, how), fields in sorted(taken.items())
        for field in sorted(fields)
    ]
    said = ", ".join(f"{message}: {field}" for _, message, field in causes)
    many = "s" if len(causes) > 1 else ""
    return Fault("Conflict", f"Apply failed with {len(causes)} conflict{many}: {said}", causes)


def _dotted(path: Field) -> str:
    return "." + ".".join(path)


def updated(live: Body | None, body: Body, manager: str, now: str) -> Body:
    """`body` in the place of `live`: what `manager` changed is now its own, and nobody else's."""
    old: Body = live or {}
    owners, key = owners_of(old), (manager, "Update")
    before, after = fields_of(old), fields_of(body)
    changed = {f for f in after if value_at(old, f) != value_at(body, f)}
    for fields in owners.values():
        fields -= changed | (before - after)
    owners[key] = owners.get(key, set()) | changed
    result = copy.deepcopy(body)
    result["metadata"]["managedFields"] = old.get("metadata", {}).get("managedFields", [])
    return with_owners(result, owners, now)


def merged(live: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7386)."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    out = dict(live) if isinstance(live, dict) else {}
    for name, value in patch.items():
        if value is None:
            out.pop(name, None)
        else:
            out[name] = merged(out.get(name), value)
    return out
