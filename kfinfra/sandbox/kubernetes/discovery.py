"""What the server says of itself: its groups, its kinds, and as much of OpenAPI as kubectl needs to leave validation to it.

kubectl looks for `fieldValidation` among the parameters of a kind's PATCH (k8s.io/cli-runtime resource.QueryParamVerifierV3)
and refuses to apply anything where it finds no answer; the schemas themselves it does not need.
"""

from __future__ import annotations

from typing import Any

from kfinfra.sandbox.kubernetes.kinds import KINDS, Kind

Body = dict[str, Any]
VERBS = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
_PARAMETERS = ("dryRun", "fieldManager", "fieldValidation", "force")


def described(path: str) -> Body | None:
    """The document at a path, None where it is not one of discovery."""
    path = path.strip("/")
    match path:
        case "version":
            return {"major": "1", "minor": "33", "gitVersion": "v1.33.0-sandbox", "platform": "linux/amd64"}
        case "api":
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}
        case "apis":
            return _groups()
        case "openapi/v3":
            return {"paths": {root: {"serverRelativeURL": f"/openapi/v3/{root}"} for root in _roots()}}
        case "healthz" | "livez" | "readyz":
            return {"status": "ok"}
    if kinds := _roots().get(path.removeprefix("openapi/v3/")):
        return _openapi(kinds) if path.startswith("openapi/") else _resources(kinds)
    return None


def _roots() -> dict[str, list[Kind]]:
    roots: dict[str, list[Kind]] = {}
    for kind in KINDS:
        roots.setdefault(kind.root.strip("/"), []).append(kind)
    return roots


def _groups() -> Body:
    found = [{"groupVersion": g, "version": g.partition("/")[2]} for g in sorted({k.api for k in KINDS if k.group})]
    listed = [{"name": v["groupVersion"].partition("/")[0], "versions": [v], "preferredVersion": v} for v in found]
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
    return {"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "v1.33.0"}, "paths": paths}
