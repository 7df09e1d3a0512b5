"""What the server says of itself: its groups, its kinds, and as much of OpenAPI as kubectl needs to leave validation to it.

kubectl looks for `fieldValidation` among the parameters of a kind's PATCH (k8s.io/cli-runtime resource.QueryParamVerifierV3)
and refuses to apply anything where it finds no answer. Kinds that have types tell them (`types.py`), the others do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kfinfra.sandbox.kubernetes.kinds import Kind
from kfinfra.sandbox.kubernetes.types import MODEL, PREFIX, schemas_of

Body = dict[str, Any]
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


def described(path: str, every: Sequence[Kind]) -> Body | None:
    """The document at a path, None where it is not one of discovery."""
    path = path.strip("/")
    match path:
        case "version":
            return {"major": "1", "minor": "33", "gitVersion": "v1.33.0-sandbox", "platform": "linux/amd64"}
        case "api":
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case "apis":
            return _groups(every)
        case "openapi/v3":
            return {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in _roots(every)}}
        case "healthz" | "livez" | "readyz":
            return {"status": "ok"}
    if kinds := _roots(every).get(path.removeprefix("openapi/v3/")):
        return _openapi(kinds) if path.startswith("openapi/") else _resources(kinds)
    return None


def _roots(every: Sequence[Kind]) -> dict[str, list[Kind]]:
    roots: dict[str, list[Kind]] = {}
    for kind in every:
        roots.setdefault(kind.root.strip("/"), []).append(kind)
    return roots


def _groups(every: Sequence[Kind]) -> Body:
    groups: dict[str, list[Body]] = {}
    for api in sorted({k.api for k in every if k.group}):
        groups.setdefault(api.partition("/")[0], []).append({"groupVersion": api, "version": api.partition("/")[2]})
    listed = [{"name": name, "versions": found, "preferredVersion": found[-1]} for name, found in groups.items()]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def _resources(kinds: list[Kind]) -> Body:
    resources = [
        {
            "name": k.plural,
            "singularName": k.kind.lower(),
            "namespaced": k.namespaced,
            "kind": k.kind,
            "verbs": VERBS,
            "shortNames": list(k.short),
        }
        for k in kinds
    ]
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": kinds[0].api, "resources": resources}


def _openapi(kinds: list[Kind]) -> Body:
    parameters = [{"name": n, "in": "query", "schema": {"type": "string"}} for n in _PARAMETERS]
    paths: Body = {}
    for kind in kinds:
        where = f"{kind.root}/namespaces/{{namespace}}" if kind.namespaced else kind.root
        means = {"group": kind.group, "version": kind.api.rpartition("/")[2], "kind": kind.kind}
        patch = {"parameters": parameters, "x-kubernetes-group-version-kind": means, "responses": {}}
        paths[f"{where}/{kind.plural}/{{name}}"] = {"patch": patch}
    about = {"title": "Kubernetes", "version": "v1.33.0"}
    return {"openapi": "3.0.0", "info": about, "paths": paths, "components": {"schemas": _components(kinds)}}


def _components(kinds: list[Kind]) -> Body:
    """The schemas of the kinds that have types."""
    out: Body = {}
    for kind in kinds:
        means = {"group": kind.group, "version": kind.api.rpartition("/")[2], "kind": kind.kind}
        if kind.model:
            out |= schemas_of(kind.model)
            out[MODEL + kind.model] = {**out[MODEL + kind.model], "x-kubernetes-group-version-kind": [means]}
        elif kind.custom is not None:
            out |= schemas_of("V1ObjectMeta")
            schema = kind.custom["schema"]["openAPIV3Schema"]
            own = {
                "apiVersion": {"type": "string"},
                "kind": {"type": "string"},
                "metadata": {"$ref": f"{PREFIX}{MODEL}V1ObjectMeta"},
            }
            properties = {**(schema.get("properties") or {}), **own}
            out[f"{kind.group}.{kind.kind}"] = {**schema, "properties": properties, "x-kubernetes-group-version-kind": [means]}
    return out
