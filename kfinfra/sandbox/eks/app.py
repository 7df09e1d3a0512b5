"""EKS of the sandbox: its REST-JSON protocol on its real paths, with node groups that take their time and can fail.

Not moto's: that has no updates, no statuses on the way, and accepts what EKS refuses. The same application answers Auto
Scaling's query protocol (`POST /`) for the groups behind its node groups. `make_app` says what it holds; `groups` says how
to make things go wrong.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from kfinfra.sandbox.eks import autoscaling, validate
from kfinfra.sandbox.eks.errors import Refusal, invalid
from kfinfra.sandbox.eks.groups import Wire
from kfinfra.sandbox.eks.world import Region

Call: TypeAlias = Callable[[Region, Request, Wire], Any]

_SCOPE = re.compile(r"Credential=[^/]+/\d{8}/([\w-]+)/[\w-]+/aws4_request")


def make_app(
    step_seconds: float = 0.3, clock: Callable[[], float] = time.time, regions: dict[str, Region] | None = None
) -> Starlette:
    """The application. Every region has a cluster `sandbox` of version 1.33; a change of a group takes `step_seconds`.

    `regions` is where they are kept, for who wants to see the nodes.
    """
    validate.instance_types()  # slow to load: not while a request's time runs
    regions = {} if regions is None else regions

    known = regions

    def region_of(request: Request) -> Region:
        found = _SCOPE.search(request.headers.get("authorization", ""))
        if found is None:
            raise Refusal("MissingAuthenticationTokenException", "Missing Authentication Token")
        region = known.setdefault(found[1], Region(found[1], step_seconds, clock()))
        region.settle(clock())
        return region

    def route(path: str, method: str, call: Call) -> Route:
        async def serve(request: Request) -> Response:
            text = await request.body()
            try:
                return JSONResponse(call(region_of(request), request, _body(text)))
            except Refusal as refusal:
                return _refused(refusal)

        return Route(path, serve, methods=[method])

    async def scaling(request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode(), keep_blank_values=True))
        try:
            return autoscaling.answer(region_of(request), form)
        except Refusal as refusal:
            return autoscaling.refused(refusal.code, refusal.message, refusal.status)

    async def unknown(_: Request, __: Exception) -> Response:
        return _refused(Refusal("UnknownOperationException", "The sandbox does not have this operation"))

    handlers: dict[Any, Callable[[Request, Exception], Awaitable[Response]]] = {404: unknown, 405: unknown}
    routes = [route(path, method, call) for path, method, call in _ROUTES]
    return Starlette(routes=[*routes, Route("/", scaling, methods=["POST"])], exception_handlers=handlers)


def _body(text: bytes) -> Wire:
    try:
        body = json.loads(text or b"{}")
    except ValueError as problem:
        raise invalid("The body is not JSON") from problem
    if not isinstance(body, dict):
        raise invalid("The body is not an object")
    return body


def _refused(refusal: Refusal) -> Response:
    headers = {"x-amzn-ErrorType": refusal.code}
    return JSONResponse({"message": refusal.message}, refusal.status, headers)


def _page(request: Request, names: list[str], key: str) -> Wire:
    """One page of a list, by `maxResults` and `nextToken`."""
    said, start = request.query_params.get("maxResults", "100"), request.query_params.get("nextToken", "0")
    if not said.isdigit() or not 1 <= int(said) <= 100:
        raise invalid("maxResults must be from 1 to 100")
    if not start.isdigit() or int(start) > len(names):
        raise invalid("The next token is invalid")
    end = int(start) + int(said)
    return {key: names[int(start) : end], **({"nextToken": str(end)} if end < len(names) else {})}


def _at(request: Request) -> tuple[str, str]:
    return request.path_params["cluster"], request.path_params["group"]


def _describe_group(region: Region, request: Request, _: Wire) -> Wire:
    return {"nodegroup": region.group(*_at(request)).wire}


def _list_updates(region: Region, request: Request, _: Wire) -> Wire:
    group = region.group(request.path_params["cluster"], request.query_params.get("nodegroupName", ""))
    return _page(request, list(group.updates), "updateIds")


def _describe_update(region: Region, request: Request, _: Wire) -> Wire:
    name = request.path_params["update"]
    group = region.group(request.path_params["cluster"], request.query_params.get("nodegroupName", ""))
    if name not in group.updates:
        raise Refusal("ResourceNotFoundException", f"No update found for ID: {name}")
    return {"update": group.updates[name]}


def _tagged(region: Region, request: Request) -> Wire:
    """The tags of what an ARN names. Raises Refusal."""
    arn = request.path_params["arn"]
    for cluster in region.clusters.values():
        for wire in (cluster.wire, *(g.wire for g in cluster.groups.values())):
            if arn == wire.get("nodegroupArn", wire.get("arn")):
                tags: Wire = wire["tags"]
                return tags
    raise Refusal("NotFoundException", f"Resource was not found: {arn}")


def _tag(region: Region, request: Request, body: Wire) -> Wire:
    tags, given = _tagged(region, request), body.get("tags") or {}
    if not given:
        raise Refusal("BadRequestException", "tags must not be empty")
    validate.check_tags({**tags, **given})
    tags.update(given)
    return {}


def _untag(region: Region, request: Request, _: Wire) -> Wire:
    tags = _tagged(region, request)
    for key in request.query_params.getlist("tagKeys"):
        tags.pop(key, None)
    return {}


_ROUTES: tuple[tuple[str, str, Call], ...] = (
    ("/clusters", "POST", lambda region, _, body: {"cluster": region.create_cluster(body)}),
    ("/clusters", "GET", lambda region, request, _: _page(request, sorted(region.clusters), "clusters")),
    ("/clusters/{cluster}", "GET", lambda region, r, _: {"cluster": region.cluster(r.path_params["cluster"]).wire}),
    ("/clusters/{cluster}", "DELETE", lambda region, r, _: {"cluster": region.delete_cluster(r.path_params["cluster"])}),
    (
        "/clusters/{cluster}/node-groups",
        "POST",
        lambda region, r, body: {"nodegroup": region.create_group(r.path_params["cluster"], body)},
    ),
    (
        "/clusters/{cluster}/node-groups",
        "GET",
        lambda region, r, _: _page(r, sorted(region.cluster(r.path_params["cluster"]).groups), "nodegroups"),
    ),
    ("/clusters/{cluster}/node-groups/{group}", "GET", _describe_group),
    ("/clusters/{cluster}/node-groups/{group}", "DELETE", lambda region, r, _: {"nodegroup": region.delete_group(*_at(r))}),
    (
        "/clusters/{cluster}/node-groups/{group}/update-config",
        "POST",
        lambda region, r, body: {"update": region.update_config(*_at(r), body)},
    ),
    (
        "/clusters/{cluster}/node-groups/{group}/update-version",
        "POST",
        lambda region, r, body: {"update": region.update_version(*_at(r), body)},
    ),
    ("/clusters/{cluster}/updates", "GET", _list_updates),
    ("/clusters/{cluster}/updates/{update}", "GET", _describe_update),
    ("/tags/{arn:path}", "GET", lambda region, r, _: {"tags": _tagged(region, r)}),
    ("/tags/{arn:path}", "POST", _tag),
    ("/tags/{arn:path}", "DELETE", _untag),
)
