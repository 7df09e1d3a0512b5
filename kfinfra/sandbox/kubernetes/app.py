"""The API over HTTP: discovery, lists in pages, watches, every verb. Which rule holds is for the other rooms."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

from kfinfra.sandbox.kubernetes import rules
from kfinfra.sandbox.kubernetes.apply import merged
from kfinfra.sandbox.kubernetes.bodies import parsed
from kfinfra.sandbox.kubernetes.controllers import Controllers, check_growth
from kfinfra.sandbox.kubernetes.discovery import described
from kfinfra.sandbox.kubernetes.faults import Fault
from kfinfra.sandbox.kubernetes.kinds import BY_PLURAL, Kind
from kfinfra.sandbox.kubernetes.logs import log_lines
from kfinfra.sandbox.kubernetes.patches import json_patched, strategic
from kfinfra.sandbox.kubernetes.shapes import decoded
from kfinfra.sandbox.kubernetes.store import Body, Store, types
from kfinfra.sandbox.kubernetes.tables import asked, table

_PATH = re.compile(
    r"/(?:api/(?P<core>v1)|apis/(?P<group>[^/]+/[^/]+))(?:/namespaces/(?P<ns>[^/]+))?/(?P<plural>[a-z0-9-]+)(?:/(?P<name>[^/]+))?(?P<sub>/status)?"
)

_LOG = re.compile(r"/api/v1/namespaces/(?P<ns>[^/]+)/pods/(?P<pod>[^/]+)/log")


class NoPath(Exception):
    """A path that nothing is served at: no Status, as there is no kind to speak of (k8s.io/apiserver, mux/pathrecorder.go)."""


def make_app(step_seconds: float = 0.2, store: Store | None = None) -> Any:
    """An ASGI application over a store with its controllers (or a new one, whose controllers take `step_seconds`)."""
    from starlette.applications import Starlette
    from starlette.responses import JSONResponse, Response, StreamingResponse
    from starlette.routing import Route

    if store is None:
        store = Store()
        Controllers(store, step_seconds)

    async def serve(request: Any) -> Response:
        try:
            body = await request.body()
            if (log := _LOG.fullmatch(request.url.path)) and request.method == "GET":
                return StreamingResponse(log_lines(store, log["ns"], log["pod"], request.query_params), media_type="text/plain")
            with store.lock:
                store.tick()
                if request.method == "GET" and (found := described(request.url.path, store.kinds())) is not None:
                    return JSONResponse(found)
                kind, namespace, name, status = _target(store, request.url.path)
                if request.method == "GET" and request.query_params.get("watch") in ("true", "1"):
                    only = name or _field(request.query_params, "metadata.name")
                    tables = asked(request.headers.get("accept", ""))
                    lines = _watch(store, kind, namespace, only, request.query_params, tables)
                    return StreamingResponse(lines, media_type="application/json")
                code, answer = _answer(store, request, kind, namespace, name, body, status)
                answer = _shown(kind, answer)
                if asked(request.headers.get("accept", "")):
                    answer = table(answer)
                return JSONResponse(json.loads(json.dumps(answer)), code)
        except NoPath:
            return Response("404 page not found\n", 404, media_type="text/plain")
        except Fault as problem:
            return JSONResponse(problem.body(), problem.code)

    methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return Starlette(routes=[Route("/{path:path}", serve, methods=methods)])


def _shown(kind: Kind, answer: Body) -> Body:
    """A custom resource in the version that was asked for, whichever it was written in."""
    if kind.custom is None or answer.get("kind") == "Status":
        return answer
    if "items" in answer:
        return {**answer, "items": [{**item, "apiVersion": kind.api} for item in answer["items"]]}
    return {**answer, "apiVersion": kind.api}


def _target(store: Store, path: str) -> tuple[Kind, str | None, str, bool]:
    """Which kind, namespace and object a path means. Raises Fault."""
    found = _PATH.fullmatch(path)
    # /api/v1/namespaces/NAME is an object, not a collection in a namespace
    if own := re.fullmatch(r"/api/v1/namespaces/([^/]+)(/status)?", path):
        return BY_PLURAL["v1", "namespaces"], "", own[1], bool(own[2])
    kind = store.by_plural(found["core"] or found["group"], found["plural"]) if found else None
    if found is None or kind is None:
        raise NoPath
    namespace = found["ns"] if kind.namespaced else ""
    return kind, namespace, found["name"] or "", bool(found["sub"])


def _answer(
    store: Store, request: Any, kind: Kind, namespace: str | None, name: str, data: bytes, status: bool
) -> tuple[int, Body]:
    query = request.query_params
    dry = query.get("dryRun") == "All"
    manager = query.get("fieldManager") or str(request.headers.get("user-agent", "unknown")).split("/")[0]
    if request.method == "GET":
        return 200, store.get(kind, namespace or "", name) if name else _list(store, kind, namespace, query)
    if namespace is None:
        raise Fault("MethodNotAllowed", "the server does not allow this method on the requested resource")
    content = str(request.headers.get("content-type", "")).split(";")[0]
    if content == "application/vnd.kubernetes.protobuf":
        raise Fault("UnsupportedMediaType", "the sandbox reads JSON and YAML, not protobuf: use kubectl apply or create -f")
    given = parsed(data, content)
    if request.method in ("POST", "PUT") or content == "application/apply-patch+yaml":
        given = decoded(kind, given)
    elif not isinstance(given, dict) and "json-patch" not in content:
        raise Fault("BadRequest", "json: cannot unmarshal array into Go value of type map[string]interface {}")
    if query.get("fieldValidation") == "Strict" and request.method != "DELETE" and "json-patch" not in content:
        _check_strictly(kind, given, content)
    match request.method, bool(name):
        case "POST", False:
            return 201, store.create(kind, namespace, given, manager, dry)
        case "PUT", True:
            live = store.get(kind, namespace, name)
            check_growth(store, {**live, **given} if status else given, live)
            return 200, store.replace(
                kind, namespace, name, {**live, "status": given.get("status")} if status else given, manager, dry
            )
        case "PATCH", True:
            return _patch(store, kind, namespace, name, given, content, manager, query, dry)
        case "DELETE", True:
            gone = store.delete(kind, namespace, name, given, dry)
            held = not dry and (kind.key, namespace, name) in store.objects
            return 200, gone if held or kind.kind in _RETURNED else _deleted(kind, gone)
        case "DELETE", False:
            for body in _selected(store.listed(kind, namespace), query):
                store.delete(kind, namespace, body["metadata"]["name"], given, dry)
            return 200, {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
    raise Fault("MethodNotAllowed", "the server does not allow this method on the requested resource")


def _check_strictly(kind: Kind, given: Body, content: str) -> None:
    """fieldValidation=Strict. An apply is typed by itself, and says so in its own words. Raises Fault."""
    known = types(kind)
    if known is None:
        rules.check_fields(kind, given)
    elif content != "application/apply-patch+yaml" and (unknown := known.unknown(given)):
        said = ", ".join(f'unknown field "{n}"' for n in unknown)
        raise Fault("BadRequest", f"{kind.kind} in version cannot be handled as a {kind.kind}: strict decoding error: {said}")


_RETURNED = ("Namespace", "PersistentVolume", "PersistentVolumeClaim", "Pod", "ResourceQuota", "ServiceAccount", "StorageClass")
"""Kinds whose DELETE answers the object (ReturnDeletedObject in pkg/registry); the others answer a Status once it is gone."""


def _deleted(kind: Kind, gone: Body) -> Body:
    about = {"name": gone["metadata"]["name"], "kind": kind.plural, "uid": gone["metadata"]["uid"]}
    group = {"group": kind.group} if kind.group else {}
    return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": {**about, **group}}


def _patch(
    store: Store,
    kind: Kind,
    namespace: str,
    name: str,
    given: Any,
    content: str,
    manager: str,
    query: Mapping[str, str],
    dry: bool,
) -> tuple[int, Body]:
    live = store.objects.get((kind.key, namespace, name))
    if content == "application/apply-patch+yaml":
        if not query.get("fieldManager"):
            raise Fault(
                "BadRequest", 'PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch'
            )
        if live is not None:
            check_growth(store, merged(live, given), live)
        return 200 if live else 201, store.apply(kind, namespace, name, given, manager, query.get("force") == "true", dry)
    live = store.get(kind, namespace, name)
    if content == "application/json-patch+json":
        fresh = json_patched(live, given)
    elif content == "application/merge-patch+json":
        fresh = merged(live, given)
    elif content == "application/strategic-merge-patch+json":
        fresh = strategic(live, given)
    else:
        raise Fault(
            "UnsupportedMediaType",
            f"the body of the request was in an unknown format: {content}",
        )
    fresh = decoded(kind, fresh)
    check_growth(store, fresh, live)
    return 200, store.replace(kind, namespace, name, fresh, manager, dry)


def _list(store: Store, kind: Kind, namespace: str | None, query: Mapping[str, str]) -> Body:
    found = _selected(store.listed(kind, namespace), query)
    metadata: Body = {"resourceVersion": str(store.version)}
    start = 0
    if token := query.get("continue"):
        try:
            start, version = json.loads(base64.urlsafe_b64decode(token))
        except ValueError as problem:
            raise Fault("BadRequest", "continue key is not valid") from problem
        if version < store.version - 1000:
            raise Fault("Expired", "The provided continue parameter is too old to display a consistent list result.")
        metadata["resourceVersion"] = str(version)
    limit = query.get("limit") or "0"
    if not limit.isdigit():
        raise Fault("BadRequest", f'strconv.ParseInt: parsing "{limit}": invalid syntax')
    size = int(limit) or len(found)
    if start + size < len(found):
        at = [start + size, int(metadata["resourceVersion"])]
        metadata["continue"] = base64.urlsafe_b64encode(json.dumps(at).encode()).decode()
        metadata["remainingItemCount"] = len(found) - start - size
    return {"kind": f"{kind.kind}List", "apiVersion": kind.api, "metadata": metadata, "items": found[start : start + size]}


def _selected(found: list[Body], query: Mapping[str, str]) -> list[Body]:
    for part in filter(None, re.split(r",(?![^(]*\))", query.get("labelSelector", ""))):
        found = [b for b in found if _has_label(b["metadata"].get("labels") or {}, part.strip())]
    for part in filter(None, query.get("fieldSelector", "").split(",")):
        path, _, wanted = part.replace("==", "=").partition("=")
        negated, path = path.endswith("!"), path.rstrip("!")
        found = [b for b in found if (_at(b, path) == wanted) != negated]
    return found


def _has_label(labels: Mapping[str, str], part: str) -> bool:
    if inside := re.fullmatch(r"(\S+)\s+(in|notin)\s+\(([^)]*)\)", part):
        among = labels.get(inside[1]) in [v.strip() for v in inside[3].split(",")]
        return among == (inside[2] == "in")
    if "!=" in part:
        key, _, value = part.partition("!=")
        return labels.get(key) != value
    if "=" in part:
        key, _, value = part.replace("==", "=").partition("=")
        return labels.get(key) == value
    return part[1:] not in labels if part.startswith("!") else part in labels


def _at(body: Any, path: str) -> str:
    for step in path.split("."):
        body = body.get(step, "") if isinstance(body, dict) else ""
    return str(body)


def _field(query: Mapping[str, str], name: str) -> str:
    return next((p.partition("=")[2] for p in query.get("fieldSelector", "").split(",") if p.startswith(f"{name}=")), "")


async def _watch(
    store: Store, kind: Kind, namespace: str | None, name: str, query: Mapping[str, str], tables: bool
) -> AsyncIterator[str]:
    """JSON lines of what happens after resourceVersion, until timeoutSeconds have passed."""
    given = query.get("resourceVersion") or ""
    with store.lock:
        seen = int(given) if given.isdigit() and int(given) else store.version
        begin = [] if given.isdigit() and int(given) else _selected(store.listed(kind, namespace), query)
    if given and seen and seen < store.oldest - 1:
        problem = Fault("Expired", f"too old resource version: {seen} ({store.oldest})")
        yield json.dumps({"type": "ERROR", "object": problem.body()}) + "\n"
        return
    for body in begin:
        yield json.dumps({"type": "ADDED", "object": table(body) if tables else body}) + "\n"
    for _ in range(int(query.get("timeoutSeconds") or 300) * 10):
        with store.lock:
            store.tick()
            fresh = [h for h in store.history if h[0] > seen]
            seen = store.version
        for _, event, (what, where, called), body in fresh:
            if what == kind.key and namespace in (None, where) and name in ("", called) and _selected([body], query):
                yield json.dumps({"type": event, "object": table(body) if tables else body}) + "\n"
        await asyncio.sleep(0.1)
