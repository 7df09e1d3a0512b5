"""Manifests: what is sent, what of an object is ours, what is left of an earlier one. Pure.

Of an object those fields are ours that state has recorded, or that `metadata.managedFields` gives to the manager `kfinfra`;
the rest is the server's, a controller's or somebody's, and no drift. A field that another manager has taken from us stays
visible, as state knows it. Items of lists are told apart by the keys that managedFields names them with (`k:{"name":"x"}`);
a list without keys belongs to one manager as a whole, and what the server adds inside its items is left out.
kubernetes.io/docs/reference/using-api/server-side-apply; sigs.k8s.io/structured-merge-diff, fieldpath.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.providers.kubernetes.checks import OWNER

MANAGER = "kfinfra"
Wire = Mapping[str, Any]
_SYSTEM = ("creationTimestamp", "deletionTimestamp", "generation", "managedFields", "resourceVersion", "selfLink", "uid")
_NAMES = ("apiVersion", "kind")


def completed(attributes: Attributes, name: str, namespace: Plain) -> dict[str, Plain]:
    """The attributes with what the manifest says, nulls left out, and the name and the namespace in it.

    `namespace` is None for a kind of the cluster. UNKNOWN parts stay.
    """
    given = attributes.get("manifest")
    if not isinstance(given, dict):
        unknown: dict[str, Plain] = dict.fromkeys(("api_version", "kind", "name", "namespace"), UNKNOWN)
        return {**attributes, **unknown}
    manifest = _without_nulls(given)
    metadata = manifest.get("metadata")
    inside: dict[str, Plain] = dict(metadata) if isinstance(metadata, dict) else {}
    inside = {**inside, "name": inside.get("name", name)}
    inside.pop("namespace", None)
    if namespace is not None:
        inside["namespace"] = namespace
    return {
        **attributes,
        "manifest": {**manifest, "metadata": inside},
        "api_version": manifest.get("apiVersion"),
        "kind": manifest.get("kind"),
        "name": inside["name"],
        "namespace": namespace,
    }


def _without_nulls(value: Mapping[str, Plain]) -> dict[str, Plain]:
    return {k: _stripped(v) for k, v in value.items() if v is not None}


def _stripped(value: Plain) -> Plain:
    if isinstance(value, dict):
        return _without_nulls(value)
    return [_stripped(v) for v in value] if isinstance(value, list) else value


def body_of(attributes: Attributes, owner: str, uid: str = "") -> dict[str, Any]:
    """What server-side apply sends. With `uid` it is for that very object."""
    manifest: Any = attributes["manifest"]
    metadata: dict[str, Any] = dict(manifest["metadata"])
    metadata["annotations"] = {**(metadata.get("annotations") or {}), OWNER: owner}
    return {**manifest, "metadata": {**metadata, "uid": uid} if uid else metadata}


def content(found: Wire, recorded: Attributes) -> dict[str, Plain]:
    """The attributes of an object that is there."""
    metadata = found["metadata"]
    known = recorded.get("manifest")
    kept = _ours(found, known if isinstance(known, dict) else {}, fields_of(found))
    ours = kept.get("metadata")
    inside: dict[str, Plain] = dict(ours) if isinstance(ours, dict) else {}
    marks = inside.get("annotations")
    if isinstance(marks, dict):
        inside["annotations"] = {k: v for k, v in marks.items() if k != OWNER}
        asked = known.get("metadata") if isinstance(known, dict) else None
        if not inside["annotations"] and not (isinstance(asked, dict) and "annotations" in asked):
            del inside["annotations"]
    place = {n: metadata[n] for n in ("name", "namespace") if n in metadata}
    kept = {n: v for n, v in kept.items() if n != "status"}
    return {
        "manifest": {**kept, **{n: found[n] for n in _NAMES}, "metadata": {**inside, **place}},
        "api_version": found["apiVersion"],
        "kind": found["kind"],
        "name": metadata["name"],
        "namespace": metadata.get("namespace"),
        "force_destroy": recorded.get("force_destroy", False),
    }


def whole(found: Wire) -> dict[str, Plain]:
    """What state would have recorded if all of the object were ours, but for what servers and kubectl write themselves."""
    metadata = {n: v for n, v in found["metadata"].items() if n not in (*_SYSTEM, "finalizers", "ownerReferences")}
    for name in ("labels", "annotations"):
        marks = {k: v for k, v in (metadata.pop(name, None) or {}).items() if not is_system(k)}
        if marks:
            metadata[name] = marks
    return {"manifest": {**{n: v for n, v in found.items() if n != "status"}, "metadata": metadata}}


def is_system(key: str) -> bool:
    """Whether a label or annotation is of Kubernetes' own (`kubernetes.io/…`, `x.k8s.io/…`): servers and kubectl write these."""
    return key.partition("/")[0].endswith(("kubernetes.io", "k8s.io"))


def fields_of(found: Wire) -> Mapping[str, Any]:
    """The fields that managedFields gives to kfinfra, in their own nested form, entries of several versions joined."""
    out: dict[str, Any] = {}
    for entry in found["metadata"].get("managedFields") or ():
        if entry.get("manager") == MANAGER and entry.get("operation") == "Apply":
            _join(out, entry.get("fieldsV1") or {})
    return out


def _join(into: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, inside in more.items():
        _join(into.setdefault(name, {}), inside)


def _ours(there: Mapping[str, Any], known: Mapping[str, Plain], fields: Mapping[str, Any]) -> dict[str, Plain]:
    out: dict[str, Plain] = {}
    for name, value in there.items():
        mine = fields.get(f"f:{name}")
        if mine is not None or name in known:
            out[name] = _part(value, known.get(name), mine)
    return out


def _part(there: Any, known: Plain, mine: Mapping[str, Any] | None) -> Plain:
    """The part of a value that is ours; `mine` is None where managedFields say that it is not, {} where all of it is."""
    if isinstance(there, dict):
        if mine == {} and known is None:
            return there
        return _ours(there, known if isinstance(known, dict) else {}, mine or {})
    if not isinstance(there, list):
        return there  # type: ignore[no-any-return]
    recorded = known if isinstance(known, list) else []
    keyed = {name: inside for name, inside in (mine or {}).items() if name.startswith("k:")}
    if keyed:
        return _keyed_items(there, recorded, keyed)
    if any(name.startswith("v:") for name in mine or {}):
        wanted = [*recorded, *(json.loads(n[2:]) for n in mine or {} if n.startswith("v:"))]
        return _in_order([v for v in there if v in wanted], recorded)
    if mine is not None and len(there) == len(recorded):
        return [_item(item, recorded[index]) for index, item in enumerate(there)]
    return there


def _item(there: Any, known: Plain) -> Plain:
    """An item of a list that is ours as a whole: without what the server has added inside it."""
    if isinstance(there, dict) and isinstance(known, dict):
        return {n: _item(v, known[n]) for n, v in there.items() if n in known}
    if isinstance(there, list) and isinstance(known, list) and len(there) == len(known):
        return [_item(v, known[i]) for i, v in enumerate(there)]
    return there  # type: ignore[no-any-return]


def _keyed_items(there: list[Any], recorded: list[Plain], keyed: Mapping[str, Any]) -> Plain:
    """Items in the order of what is recorded, then those that only managedFields call ours."""
    names = [json.loads(k[2:]) for k in keyed]
    keys = sorted({key for name in names for key in name})
    out: list[Plain] = []
    left = list(there)
    for known in recorded:
        found = next((i for i in left if isinstance(known, dict) and _matches(i, known, keys)), None)
        if found is not None:
            left.remove(found)
            out.append(_keyed_item(found, known, names, keyed))
    out.extend(_keyed_item(i, None, names, keyed) for i in left if _name_of(i, names) is not None)
    return out


def _keyed_item(there: Any, known: Plain, names: list[Any], keyed: Mapping[str, Any]) -> Plain:
    at = _name_of(there, names)
    return _part(there, known if known is not None else {}, list(keyed.values())[at] if at is not None else None)


def _name_of(item: Any, names: list[Any]) -> int | None:
    return next(
        (i for i, name in enumerate(names) if isinstance(item, dict) and all(item.get(k) == v for k, v in name.items())), None
    )


def _matches(item: Any, known: Mapping[str, Plain], keys: list[str]) -> bool:
    """Whether an item is the recorded one: a key that was not written has the server's default."""
    return isinstance(item, dict) and all(key not in known or item.get(key) == known[key] for key in keys)


def _in_order(values: list[Any], recorded: list[Plain]) -> list[Any]:
    place = {json.dumps(v): i for i, v in enumerate(recorded)}
    return sorted(values, key=lambda v: place.get(json.dumps(v), len(place)))


def leftovers(found: Wire, prior: Attributes, desired: Attributes) -> list[tuple[str, ...]]:
    """The paths of fields that were ours, are not wanted any more, and that another manager has taken: they would stay."""
    had, wanted = prior.get("manifest"), desired.get("manifest")
    if not isinstance(had, dict) or not isinstance(wanted, dict):
        return []
    return sorted(_left(found, had, wanted, fields_of(found), ()))


def _left(
    there: Mapping[str, Any],
    had: Mapping[str, Plain],
    wanted: Mapping[str, Plain],
    fields: Mapping[str, Any],
    at: tuple[str, ...],
) -> list[tuple[str, ...]]:
    out: list[tuple[str, ...]] = []
    for name, old in had.items():
        live, mine, new = there.get(name), fields.get(f"f:{name}"), wanted.get(name)
        if live is None or mine == {}:
            continue  # gone, or all of it ours: the apply drops it
        if isinstance(old, dict) and isinstance(live, dict) and (isinstance(new, dict) or new is None) and old:
            out += _left(live, old, new or {}, mine or {}, (*at, name))
        elif name not in wanted and mine is None:
            out.append((*at, name))
    return out
