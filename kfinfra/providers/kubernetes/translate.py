"""Attributes to what server-side apply sends. Pure.

Only what is written (or has a default of ours) is sent: of the fields that are sent, and of no others, kfinfra becomes the owner.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from kfinfra.model.plain import UNKNOWN, Attributes, Plain, is_known
from kfinfra.providers.kubernetes import manifests
from kfinfra.providers.kubernetes.checks import DEFAULT_CLASS, OWNER
from kfinfra.providers.kubernetes.kinds import KINDS

LIMIT_FIELDS = {
    "max": "max",
    "min": "min",
    "default": "default",
    "default_request": "defaultRequest",
    "max_limit_request_ratio": "maxLimitRequestRatio",
}


def manifest(type_name: str, attributes: Attributes, secrets: Mapping[str, Plain], owner: str, uid: str = "") -> dict[str, Any]:
    """The apply body of an object. With `uid` it is for that very object, and makes none in its place."""
    if type_name == "manifest":
        return manifests.body_of(attributes, owner, uid)
    kind = KINDS[type_name]
    annotations = {**_texts(attributes.get("annotations")), OWNER: owner}
    if type_name == "storage_class" and attributes.get("default"):
        annotations[DEFAULT_CLASS] = "true"
    metadata: dict[str, Any] = {"name": attributes["name"], "annotations": annotations}
    if kind.namespaced:
        metadata["namespace"] = attributes["namespace"]
    if attributes.get("labels"):
        metadata["labels"] = _texts(attributes["labels"])
    if uid:
        metadata["uid"] = uid
    return {"apiVersion": kind.api, "kind": kind.kind, "metadata": metadata, **_content(type_name, attributes, secrets)}


def _content(type_name: str, attributes: Attributes, secrets: Mapping[str, Plain]) -> dict[str, Any]:
    match type_name:
        case "config_map":
            return _written(
                data=_texts(attributes.get("data")) or None,
                binaryData=_texts(attributes.get("binary_data")) or None,
                immutable=attributes.get("immutable") or None,
            )
        case "secret":
            encoded = {k: base64.b64encode(v.encode()).decode() for k, v in _texts(secrets.get("data")).items()}
            return _written(type=attributes.get("type"), data=encoded or None, immutable=attributes.get("immutable") or None)
        case "pvc":
            return {"spec": _claim(attributes)}
        case "storage_class":
            return _class(attributes)
        case "limit_range":
            limits = attributes.get("limits")
            return {"spec": {"limits": [_limit(item) for item in (limits if isinstance(limits, list) else [])]}}
        case "resource_quota":
            return {"spec": _written(hard=_texts(attributes.get("hard")), scopes=attributes.get("scopes"))}
        case _:
            return {}


def _claim(attributes: Attributes) -> dict[str, Any]:
    return _written(
        accessModes=attributes.get("access_modes"),
        resources={"requests": {"storage": attributes.get("size")}},
        storageClassName=attributes.get("storage_class"),
        volumeMode=attributes.get("volume_mode"),
        volumeName=attributes.get("volume_name"),
    )


def _class(attributes: Attributes) -> dict[str, Any]:
    return _written(
        provisioner=attributes.get("provisioner"),
        parameters=_texts(attributes.get("parameters")) or None,
        reclaimPolicy=attributes.get("reclaim_policy"),
        volumeBindingMode=attributes.get("volume_binding_mode"),
        allowVolumeExpansion=bool(attributes.get("allow_volume_expansion")),
        mountOptions=attributes.get("mount_options") or None,
    )


def _limit(item: Plain) -> dict[str, Any]:
    given = item if isinstance(item, dict) else {}
    return {"type": given.get("type"), **{wire: _texts(given[n]) for n, wire in LIMIT_FIELDS.items() if given.get(n)}}


def _written(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _texts(value: Plain) -> dict[str, str]:
    return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else {}


def frozen(attributes: Attributes) -> Plain:
    """A digest of an immutable config map's data, None for another: what makes a change of the data replace the object."""
    if not attributes.get("immutable"):
        return None
    content: list[Plain] = [attributes.get("data") or {}, attributes.get("binary_data") or {}]
    if attributes.get("immutable") is UNKNOWN or not is_known(content):
        return UNKNOWN
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
