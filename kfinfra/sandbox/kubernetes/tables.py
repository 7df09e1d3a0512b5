"""What `kubectl get` shows: lists and objects as Tables, where the client asks for these (meta.k8s.io/v1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

Body = dict[str, Any]


def asked(accept: str) -> bool:
    """Whether the Accept header prefers a Table."""
    return "as=Table" in accept.partition(",")[0]


def table(body: Body) -> Body:
    """The Table of a list or of one object; anything else (a Status) as it is."""
    if body.get("kind") == "Status":
        return body
    items = body.get("items", [body])
    kind = str(body["kind"]).removesuffix("List") if "items" in body else str(body["kind"])
    rows = [_row(kind, item) for item in items]
    columns = ["Name", *(name for name, _ in _COLUMNS.get(kind, ())), "Age"]
    definitions = [
        {"name": c, "type": "string", "format": "name" if c == "Name" else "", "description": "", "priority": 0} for c in columns
    ]
    kept = {n: v for n, v in body["metadata"].items() if n in ("resourceVersion", "continue", "remainingItemCount")}
    about = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": kept}
    return {**about, "columnDefinitions": definitions, "rows": rows}


def _row(kind: str, item: Body) -> Body:
    cells = [_cell(item, path) for _, path in _COLUMNS.get(kind, ())]
    partial = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": item["metadata"]}
    return {"cells": [item["metadata"]["name"], *cells, _age(item["metadata"]["creationTimestamp"])], "object": partial}


def _cell(item: Body, path: str) -> str:
    found: Any = item
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    if path == "status.phase" and "deletionTimestamp" in item["metadata"]:
        return "Terminating"
    match found:
        case None if path == "data":
            return "0"
        case None:
            return "<unset>" if path.startswith("spec.storageClass") else ""
        case dict():
            return str(len(found))
        case list():
            return ",".join(str(v) for v in found)
    return str(found).lower() if isinstance(found, bool) else str(found)


def _age(created: str) -> str:
    seconds = int((datetime.now(UTC) - datetime.fromisoformat(created)).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= 2 * size:
            return f"{seconds // size}{unit}"
    return f"{max(seconds, 0)}s"


_COLUMNS: dict[str, tuple[tuple[str, str], ...]] = {
    "Namespace": (("Status", "status.phase"),),
    "ConfigMap": (("Data", "data"),),
    "Secret": (("Type", "type"), ("Data", "data")),
    "PersistentVolumeClaim": (
        ("Status", "status.phase"),
        ("Volume", "spec.volumeName"),
        ("Capacity", "status.capacity.storage"),
        ("Access Modes", "status.accessModes"),
        ("StorageClass", "spec.storageClassName"),
    ),
    "PersistentVolume": (
        ("Capacity", "spec.capacity.storage"),
        ("Access Modes", "spec.accessModes"),
        ("Claim", "spec.claimRef.name"),
    ),
    "StorageClass": (
        ("Provisioner", "provisioner"),
        ("ReclaimPolicy", "reclaimPolicy"),
        ("VolumeBindingMode", "volumeBindingMode"),
        ("AllowVolumeExpansion", "allowVolumeExpansion"),
    ),
    "Event": (("Type", "type"), ("Reason", "reason"), ("Object", "involvedObject.name"), ("Message", "message")),
}
