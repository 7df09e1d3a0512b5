"""What the server has, as attributes: only what kfinfra manages, so that what others write is no drift. Pure.

The rule for everything that is a map (labels, annotations, data, parameters, hard): of the object's keys those are ours that
state recorded, or that `metadata.managedFields` gives to the manager `kfinfra`. An edit by another manager takes the field
away from us there, but state still knows it: it stays visible as drift. A key that another manager adds is that manager's.
A secret's keys are not in state: there a key that somebody edited is missing, which is drift just as well.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from kfinfra.model import quantity
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Observed
from kfinfra.providers.kubernetes import manifests
from kfinfra.providers.kubernetes.checks import DEFAULT_CLASS, OWNER
from kfinfra.providers.kubernetes.translate import LIMIT_FIELDS, frozen

MANAGER = "kfinfra"
Wire = Mapping[str, Any]


def observed(type_name: str, found: Wire, recorded: Attributes) -> Observed:
    """The object as the engine sees it. `recorded` is what state has of it, or what was just applied."""
    if type_name == "manifest":
        return Observed(manifests.content(found, recorded), owner=owner_of(found))
    metadata = found["metadata"]
    attributes: dict[str, Plain] = {"name": metadata["name"]}
    if "namespace" in metadata:
        attributes["namespace"] = metadata["namespace"]
    attributes["labels"] = _ours(found, recorded, "labels", "metadata", "labels")
    attributes["annotations"] = _without_marks(_ours(found, recorded, "annotations", "metadata", "annotations"), recorded)
    attributes |= _content(type_name, found, recorded)
    secret = {"data": _secret_data(found)} if type_name == "secret" else {}
    return Observed(attributes, owner=owner_of(found), write_only=secret)


def owner_of(found: Wire) -> str | None:
    """The object's ownership mark."""
    mark: str | None = (found["metadata"].get("annotations") or {}).get(OWNER)
    return mark


def _without_marks(marks: Plain, recorded: Attributes) -> Plain:
    own: dict[str, Plain] = {k: v for k, v in marks.items() if k not in (OWNER, DEFAULT_CLASS)} if isinstance(marks, dict) else {}
    return own or ({} if recorded.get("annotations") == {} else None)


def owned(found: Wire, *path: str) -> frozenset[str]:
    """The keys beneath `path` that managedFields gives to kfinfra (kubernetes.io/docs/reference/using-api/server-side-apply)."""
    keys: set[str] = set()
    for entry in found["metadata"].get("managedFields") or ():
        if entry.get("manager") == MANAGER and entry.get("operation") == "Apply":
            level = entry.get("fieldsV1") or {}
            for step in path:
                level = level.get(f"f:{step}") or {}
            keys |= {key[2:] for key in level if key.startswith("f:")}
    return frozenset(keys)


def _ours(found: Wire, recorded: Attributes, attribute: str, *path: str) -> Plain:
    """The part of the map at `path` that is ours; a map that holds nothing of ours is null, or {} where that is recorded."""
    there: Any = found
    for step in path:
        there = there.get(step) or {}
    known = recorded.get(attribute)
    mine = owned(found, *path) | (known.keys() if isinstance(known, dict) else frozenset())
    kept: dict[str, Plain] = {k: v for k, v in there.items() if k in mine}
    return kept or ({} if known == {} else None)


def _content(type_name: str, found: Wire, recorded: Attributes) -> dict[str, Plain]:
    match type_name:
        case "config_map":
            content: dict[str, Plain] = {
                "data": _ours(found, recorded, "data", "data"),
                "binary_data": _ours(found, recorded, "binary_data", "binaryData"),
                "immutable": bool(found.get("immutable")),
            }
            return {**content, "frozen": frozen(content)}
        case "secret":
            return {"type": found.get("type", "Opaque"), "immutable": bool(found.get("immutable"))}
        case "pvc":
            return _claim(found, recorded)
        case "storage_class":
            return _class(found, recorded)
        case "limit_range":
            return {"limits": [_limit(item, known) for item, known in _paired(found["spec"].get("limits") or [], recorded)]}
        case "resource_quota":
            scopes = found["spec"].get("scopes")
            return {"hard": _ours(found, recorded, "hard", "spec", "hard"), "scopes": sorted(scopes) if scopes else None}
        case _:
            return {}


def _claim(found: Wire, recorded: Attributes) -> dict[str, Plain]:
    spec = found["spec"]
    return {
        "size": spec["resources"]["requests"]["storage"],
        "access_modes": sorted(spec["accessModes"]),
        "storage_class": spec.get("storageClassName"),
        "volume_mode": spec.get("volumeMode", "Filesystem"),
        "volume_name": spec.get("volumeName"),
        "phase": (found.get("status") or {}).get("phase"),
        "force_destroy": recorded.get("force_destroy", False),
    }


def _class(found: Wire, recorded: Attributes) -> dict[str, Plain]:
    return {
        "provisioner": found["provisioner"],
        "parameters": _ours(found, recorded, "parameters", "parameters"),
        "reclaim_policy": found.get("reclaimPolicy", "Delete"),
        "volume_binding_mode": found.get("volumeBindingMode", "Immediate"),
        "allow_volume_expansion": bool(found.get("allowVolumeExpansion")),
        "default": _is_default(found, recorded),
        "mount_options": found.get("mountOptions") or ([] if recorded.get("mount_options") == [] else None),
    }


def _is_default(found: Wire, recorded: Attributes) -> bool:
    """Whether it is the default class by our doing; that somebody else made it the default is theirs."""
    ours = recorded.get("default") or DEFAULT_CLASS in owned(found, "metadata", "annotations")
    return bool(ours) and (found["metadata"].get("annotations") or {}).get(DEFAULT_CLASS) == "true"


def _paired(items: list[Any], recorded: Attributes) -> list[tuple[Any, Mapping[str, Plain]]]:
    known = recorded.get("limits")
    limits = known if isinstance(known, list) else []
    return [(item, k if isinstance(k := limits[i] if i < len(limits) else {}, dict) else {}) for i, item in enumerate(items)]


def _limit(item: Wire, known: Mapping[str, Plain]) -> Plain:
    """One limit, without what the server derives and nobody wrote (pkg/apis/core/v1/defaults.go, SetDefaults_LimitRangeItem)."""
    sources = {"default": ("max",), "default_request": ("default", "min")}
    out: dict[str, Plain] = {"type": item["type"]}
    for name, wire in LIMIT_FIELDS.items():
        written = known.get(name)
        asked = written if isinstance(written, dict) else {}
        there = item.get(wire) or {}
        derived = [item.get(LIMIT_FIELDS[source]) or {} for source in sources.get(name, ())]
        kept = {k: v for k, v in there.items() if k in asked or not any(_equal(v, d.get(k)) for d in derived)}
        out[name] = kept or ({} if written == {} else None)
    return out


def _equal(value: str, other: str | None) -> bool:
    return other is not None and quantity.same(value, other)


def _secret_data(found: Wire) -> Plain:
    mine, there = owned(found, "data"), found.get("data") or {}
    return {key: _decoded(value) for key, value in there.items() if key in mine}


def _decoded(value: str) -> str:
    """A secret's text. One that is no UTF-8 was not written by kfinfra: it stands as its base64, and so differs."""
    raw = base64.b64decode(value)
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return f"base64:{value}"
