"""Reading what anybody may have made: one call an object, and all of it, whoever wrote what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.address import Address
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.providers.kubernetes import manifests
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.discovery import kind_of
from kfinfra.providers.kubernetes.kinds import Kind
from kfinfra.providers.kubernetes.observe import observed
from kfinfra.providers.kubernetes.operations import find

READERS = 8
Wire = Mapping[str, Any]


def read(api: Api, requests: Sequence[ReadRequest], namespace: str) -> Mapping[Address, Observed]:
    """Each object whole; `namespace` is that of requests that name none."""
    with ThreadPoolExecutor(READERS) as pool:
        found = pool.map(lambda request: _one(api, request, namespace), requests)
        return dict(zip((r.address for r in requests), found, strict=True))


def _one(api: Api, request: ReadRequest, namespace: str) -> Observed:
    place: dict[str, Plain] = {"name": request.identity["name"]}
    try:
        kind = kind_of(api.discovery, request.address.type, request.identity)
        if kind.namespaced:
            place["namespace"] = request.identity.get("namespace") or namespace
        there = find(api, kind, place)
        if there is None:
            return Observed(None, (_missing(api, kind, place),))
    except DiagnosticError as problem:
        return Observed(None, problem.diagnostics)
    recorded = manifests.whole(there) if kind.type == "manifest" else whole(there)
    return observed(kind.type, there, recorded if request.address.data else _without_systems(recorded))


def whole(found: Wire) -> Attributes:
    """What state would have recorded, if all of the object were ours: every key of its maps."""
    metadata, spec = found["metadata"], found.get("spec") or {}
    limits = [{**item, "default_request": item.get("defaultRequest")} for item in spec.get("limits") or []]
    return {
        "labels": metadata.get("labels"),
        "annotations": metadata.get("annotations"),
        "data": found.get("data"),
        "binary_data": found.get("binaryData"),
        "parameters": found.get("parameters"),
        "hard": spec.get("hard"),
        "default": True,
        "limits": limits,
    }


def _without_systems(recorded: Attributes) -> Attributes:
    """Without labels and annotations of Kubernetes' own (`kubernetes.io/…`, `x.k8s.io/…`): servers and kubectl write these."""
    out = dict(recorded)
    for name in ("labels", "annotations"):
        marks = recorded.get(name)
        if isinstance(marks, dict):
            out[name] = {k: v for k, v in marks.items() if not manifests.is_system(k)}
    return out


def _missing(api: Api, kind: Kind, place: Attributes) -> Diagnostic:
    detail = f"There is no {kind.title(place)} at {api.host}."
    hint = "check the name" + (" and the namespace" if kind.namespaced else "") + ", and which cluster the provider leads to"
    return error("Data source not found", detail, hint=hint)
