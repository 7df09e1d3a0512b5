"""What a PATCH makes of an object: JSON patch (RFC 6902) and strategic merge patch, with their refusals. Pure."""

from __future__ import annotations

import copy
from typing import Any

from kfinfra.sandbox.kubernetes.faults import Fault

Body = dict[str, Any]
_SETS = ("finalizers",)
_KEYS = {
    "conditions": "type",
    "containers": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "initContainers": "name",
    "ownerReferences": "uid",
    "secrets": "name",
    "volumeMounts": "mountPath",
    "volumes": "name",
}
"""The merge keys of the lists of these kinds (patchMergeKey in k8s.io/api); every other list is atomic."""


def json_patched(live: Body, steps: Any) -> Body:
    """RFC 6902. Raises Fault."""
    out: Body = copy.deepcopy(live)
    if not isinstance(steps, list):
        raise Fault("BadRequest", "json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    for step in steps:
        try:
            _json_step(out, step)
        except (KeyError, IndexError, TypeError, ValueError) as problem:
            raise Fault("Invalid", "the server rejected our request due to an error in our request") from problem
    return out


def _json_step(out: Body, step: Body) -> None:
    match step["op"]:
        case "add":
            _add(out, step["path"], copy.deepcopy(step["value"]))
        case "replace":
            inside, where = _place(out, step["path"])
            inside[where]
            inside[where] = copy.deepcopy(step["value"])
        case "remove":
            _taken(out, step["path"])
        case "move":
            _add(out, step["path"], _taken(out, step["from"]))
        case "copy":
            inside, where = _place(out, step["from"])
            _add(out, step["path"], copy.deepcopy(inside[where]))
        case "test":
            inside, where = _place(out, step["path"])
            if inside[where] != step["value"]:
                raise ValueError(f"the test of {step['path']} failed")
        case other:
            raise ValueError(f"unexpected kind: {other}")


def _place(out: Any, path: str) -> tuple[Any, Any]:
    *steps, last = [p.replace("~1", "/").replace("~0", "~") for p in path.split("/")[1:]]
    for part in steps:
        out = out[int(part)] if isinstance(out, list) else out[part]
    return out, (len(out) if last == "-" else int(last)) if isinstance(out, list) else last


def _add(out: Body, path: str, value: Any) -> None:
    inside, where = _place(out, path)
    if isinstance(inside, list):
        if not 0 <= where <= len(inside):
            raise IndexError(path)
        inside.insert(where, value)
    else:
        inside[where] = value


def _taken(out: Body, path: str) -> Any:
    inside, where = _place(out, path)
    return inside.pop(where)


def strategic(live: Any, patch: Body) -> Body:
    """A strategic merge patch: merge keys, `$patch`, `$deleteFromPrimitiveList`, `$retainKeys`. Raises Fault."""
    directive = patch.get("$patch")
    if directive == "delete":
        return {}
    if directive not in (None, "merge", "replace"):
        raise Fault("BadRequest", f"unknown patch type: {directive}")
    out = dict(live) if isinstance(live, dict) and directive != "replace" else {}
    if "$retainKeys" in patch:
        out = {n: v for n, v in out.items() if n in patch["$retainKeys"]}
    for name, value in patch.items():
        if name.startswith("$deleteFromPrimitiveList/"):
            field = name.partition("/")[2]
            out[field] = [v for v in out.get(field) or [] if v not in value]
        elif not name.startswith("$"):
            _merge_field(out, name, value)
    return out


def _merge_field(out: Body, name: str, value: Any) -> None:
    match value:
        case None:
            out.pop(name, None)
        case dict():
            out[name] = strategic(out.get(name), value)
        case list() if name in _SETS:
            had = out.get(name) or []
            out[name] = [*had, *(v for v in value if v not in had)]
        case list() if name in _KEYS:
            out[name] = _merged_list(out.get(name) or [], value, _KEYS[name])
        case _:
            out[name] = copy.deepcopy(value)


def _merged_list(live: list[Any], patch: list[Any], key: str) -> list[Any]:
    if any(item.get("$patch") == "replace" for item in patch):
        return [item for item in patch if "$patch" not in item]
    found = {item.get(key): item for item in live}
    for item in patch:
        if key not in item:
            raise Fault("BadRequest", f"map: {item} does not contain declared merge key: {key}")
        if item.get("$patch") == "delete":
            found.pop(item[key], None)
        else:
            found[item[key]] = strategic(found.get(item[key]), item)
    return list(found.values())
