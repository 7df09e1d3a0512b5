"""Server-side apply and the ownership of fields. Pure: bodies in, bodies out (sigs.k8s.io/structured-merge-diff in small).

Maps are granular, lists are atomic, but for those that the kind's types give keys to, or call sets. A step of a path into
such a list is spelled as in managedFields: `k:{"port":80}`, `v:"text"`; a path that ends in one is the item itself.
"""

from __future__ import annotations

import copy
import itertools
import json
from collections.abc import Iterator, Mapping
from typing import Any

from kfinfra.sandbox.kubernetes.faults import Fault

Body = dict[str, Any]
Field = tuple[str, ...]
_NOT_OWNED = {("apiVersion",), ("kind",), ("metadata", "name"), ("metadata", "namespace")}
_SYSTEM = ("creationTimestamp", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "uid", "selfLink")
Lists = Mapping[tuple[str, ...], tuple[tuple[str, Any], ...]]
"""Which lists are granular, by path (`[]` for an item): the keys of an item with their defaults; none for a set."""
LISTS: Lists = {("metadata", "finalizers"): ()}


def fields_of(body: Mapping[str, Any], lists: Lists = LISTS) -> set[Field]:
    """What a manager that sends the body owns: its leaves, and the items of granular lists."""
    return set(_fields(body, lists, ()))


def _fields(body: Mapping[str, Any], lists: Lists, at: Field) -> Iterator[Field]:
    for name, value in body.items():
        path = (*at, name)
        if path in _NOT_OWNED or (at == ("metadata",) and name in _SYSTEM):
            continue
        keys = lists.get(tuple("[]" if _is_item(s) else s for s in path)) if isinstance(value, list) else None
        if isinstance(value, dict) and value:
            yield from _fields(value, lists, path)
        elif keys == ():
            yield from ((*path, f"v:{json.dumps(v)}") for v in value)
        elif keys:
            for item in value:
                name_of = {key: item.get(key, default) for key, default in keys if item.get(key, default) is not None}
                step = (*path, f"k:{json.dumps(name_of, sort_keys=True, separators=(',', ':'))}")
                yield step
                yield from _fields(item, lists, step)
        elif value is not None:
            yield path


def _is_item(step: str) -> bool:
    return step.startswith(("k:{", "v:"))


def _item(items: Any, step: str) -> Any:
    """The item of a list that a step means, None where there is none."""
    wanted = json.loads(step[2:])
    for item in items if isinstance(items, list) else ():
        if step.startswith("v:") and item == wanted:
            return item
        if step.startswith("k:") and isinstance(item, dict) and all(item.get(k, v) == v for k, v in wanted.items()):
            return item
    return None


def value_at(body: Any, path: Field) -> Any:
    """The value at a path, None where there is none; of an item, only that it is there."""
    for step in path:
        body = _item(body, step) if _is_item(step) else body.get(step) if isinstance(body, dict) else None
    return path[-1] if path and _is_item(path[-1]) and body is not None else body


def _put(body: Any, path: Field, value: Any) -> None:
    step, rest = path[0], path[1:]
    if _is_item(step):
        found = _item(body, step)
        if found is None:
            found = json.loads(step[2:])
            body.append(found)
        if rest:
            _put(found, rest, value)
    elif not rest:
        body[step] = copy.deepcopy(value)
    else:
        wanted: type = list if _is_item(rest[0]) else dict
        if not isinstance(body.get(step), wanted):
            body[step] = wanted()
        _put(body[step], rest, value)


def _drop(body: Any, path: Field) -> None:
    step, rest = path[0], path[1:]
    if _is_item(step):
        found = _item(body, step)
        if found is None:
            return
        if rest:
            _drop(found, rest)
        else:
            body.remove(found)
        return
    if not isinstance(body, dict) or step not in body:
        return
    if not rest:
        del body[step]
        return
    _drop(body[step], rest)
    if body[step] in ({}, []):
        del body[step]


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
            inside = inside.setdefault(step if _is_item(step) else f"f:{step}", {})
        if path[-1].startswith("k:{"):
            inside["."] = {}
    return out


def _decoded(fields: Mapping[str, Any], at: Field = ()) -> set[Field]:
    found: set[Field] = set()
    for name, inside in fields.items():
        path = at if name == "." else (*at, name if _is_item(name) else name[2:])
        found |= _decoded(inside, path) if inside else {path}
    return found


def applied(live: Body, body: Body, manager: str, force: bool, now: str, lists: Lists = LISTS) -> Body:
    """`live` after `manager` has applied `body`. Raises Fault (Conflict) where others own what it would change."""
    owners, key = owners_of(live), (manager, "Apply")
    in_order = tuple(_fields(body, lists, ()))
    wanted, had = set(in_order), owners.get(key, set())
    taken = {
        other: {f for f in fields & wanted if value_at(live, f) != value_at(body, f)}
        for other, fields in owners.items()
        if other != key
    }
    if any(taken.values()) and not force:
        raise _conflict(taken, live["apiVersion"])
    result = copy.deepcopy(live)
    for path in in_order:
        if path[-1].startswith("k:{"):
            _begin_item(result, path)
        else:
            _put(result, path, value_at(body, path))
    for other, fields in taken.items():
        owners[other] -= fields
    owners[key] = wanted
    still = set().union(*owners.values())
    for path in sorted(had - wanted, key=len, reverse=True):
        if path not in still and not any(f[: len(path)] == path for f in still):
            _drop(result, path)
    return with_owners(result, owners, now)


def _begin_item(result: Body, path: Field) -> None:
    """Makes the item that a path means, with its keys, where it is not there."""
    if value_at(result, path) is None:
        inside: Any = result
        for step, following in itertools.pairwise(path):
            inside = _item(inside, step) if _is_item(step) else inside.setdefault(step, [] if _is_item(following) else {})
        inside.append(json.loads(path[-1][2:]))


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


def updated(live: Body | None, body: Body, manager: str, now: str, lists: Lists = LISTS) -> Body:
    """`body` in the place of `live`: what `manager` changed is now its own, and nobody else's."""
    old: Body = live or {}
    owners, key = owners_of(old), (manager, "Update")
    before, after = fields_of(old, lists), fields_of(body, lists)
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
