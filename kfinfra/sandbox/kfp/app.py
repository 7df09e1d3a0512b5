"""The v2beta1 API over HTTP: paths, bodies, uploads. Which rule holds is `world`'s affair."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from kfinfra.sandbox.kfp import specs
from kfinfra.sandbox.kfp.faults import Fault, invalid
from kfinfra.sandbox.kfp.listing import page
from kfinfra.sandbox.kfp.world import FINISHED, Wire, World, set_state

API = "/apis/v2beta1"
USER = "kubeflow-userid"
VERSION = {"tag_name": "2.17.0", "commit_sha": "unknown", "pipeline_store": "database"}


def make_app(multi_user: bool = False, world: World | None = None) -> Any:
    """An ASGI application over a world of its own (or the one given). A multi-user server wants the user's header."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    here = world or World(multi_user)

    def route(path: str, method: str, handle: Callable[[Any, Wire], Any], upload: bool = False) -> Route:
        async def serve(request: Any) -> Response:
            try:
                if here.multi_user and not request.headers.get(USER):
                    raise Fault("Unauthenticated", "Request header error: there is no user identity header.")
                given = await _uploaded(request) if upload else await _body(request)
                with here.lock:
                    return JSONResponse(handle(request, given) or {})
            except Fault as problem:
                if upload:
                    return JSONResponse(specs.refused_upload(problem), 409 if problem.kind == "AlreadyExists" else 400)
                return JSONResponse(problem.body(), problem.status)

        return Route(API + path, serve, methods=[method])

    async def unknown(request: Any, problem: Exception) -> Response:
        return JSONResponse({"code": 5, "message": "Not Found", "details": []}, 404)

    async def home(request: Any) -> Response:
        return HTMLResponse(f"<p>The KFP API of a kfinfra sandbox; see <code>{API}/healthz</code>.</p>")

    routes = [
        *_pipelines(here, route),
        *_experiments(here, route),
        *_schedules(here, route),
        *_runs(here, route),
        route(
            "/healthz", "GET", lambda r, b: {"multi_user": here.multi_user, "tag_name": "2.17.0", "pipeline_store": "database"}
        ),
        Route("/", home),
    ]
    return Starlette(routes=routes, exception_handlers={404: unknown})


async def _body(request: Any) -> Wire:
    """A JSON body with snake_case names: the gateway takes both casings."""
    data = await request.body()
    if not data:
        return {}
    try:
        found = json.loads(data)
    except ValueError as problem:
        raise invalid(f"proto: syntax error: {problem}") from problem
    if not isinstance(found, dict):
        raise invalid("proto: syntax error: unexpected token")
    return {_snake(n): _inside(n, v) for n, v in found.items()}


def _snake(name: str) -> str:
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in name)


def _inside(name: str, value: Any) -> Any:
    """Nested messages too; what users wrote (parameters, specs, tags) is left as it is."""
    if _snake(name) in ("pipeline_spec", "tags", "parameters") or not isinstance(value, dict):
        return value
    return {_snake(n): _inside(n, v) for n, v in value.items()}


async def _uploaded(request: Any) -> Wire:
    """The package of an upload, read and stored as the server writes it; the rest is in the query."""
    form = await request.form()
    file = form.get("uploadfile")
    if file is None or isinstance(file, str):
        raise invalid("Failed to read pipeline from file: http: no such file")
    text = specs.unpacked(file.filename or "", await file.read())
    query = dict(request.query_params)
    if "tags" in query:
        try:
            query["tags"] = json.loads(query["tags"])
        except ValueError as problem:
            raise invalid("tags is no JSON object") from problem
    return {**query, "spec": specs.stored(text)}


Route = Callable[..., Any]


def _query(request: Any) -> Mapping[str, str]:
    found: Mapping[str, str] = request.query_params
    return found


def _pipelines(here: World, route: Route) -> list[Any]:
    def upload(request: Any, given: Wire) -> Wire:
        name = given.get("name") or "uploaded"
        spec = given.pop("spec")
        made = here.create_pipeline({**given, "name": name})
        here.create_version(made["pipeline_id"], {"name": name}, spec)
        return made

    def upload_version(request: Any, given: Wire) -> Wire:
        return here.create_version(str(given.get("pipelineid") or ""), given, given.pop("spec"))

    def listed(request: Any, given: Wire) -> Wire:
        namespace = here.place(_query(request).get("namespace"))
        return page([p for p in here.pipelines.values() if p.get("namespace", "") == namespace], "pipelines", _query(request))

    def versions(request: Any, given: Wire) -> Wire:
        here.pipeline(request.path_params["p"])
        return page(here.versions_of(request.path_params["p"]), "pipeline_versions", _query(request))

    def delete(request: Any, given: Wire) -> None:
        here.delete_pipeline(request.path_params["p"], _query(request).get("cascade") == "true")

    def version(request: Any) -> Wire:
        return here.version(request.path_params["p"], request.path_params["v"])

    def by_url(request: Any, given: Wire) -> Wire:
        raise invalid("Failed to fetch the package: the sandbox fetches nothing from the network; upload it")

    def delete_version(request: Any, given: Wire) -> None:
        del here.versions[version(request)["pipeline_version_id"]]

    one, each = "/pipelines/{p}", "/pipelines/{p}/versions/{v}"
    return [
        route("/pipelines/upload", "POST", upload, upload=True),
        route("/pipelines/upload_version", "POST", upload_version, upload=True),
        route("/pipelines", "GET", listed),
        route("/pipelines", "POST", lambda r, b: here.create_pipeline(b)),
        route("/pipelines/names/{n}", "GET", lambda r, b: here.pipeline_named(r.path_params["n"], _query(r).get("namespace"))),
        route(one, "GET", lambda r, b: here.pipeline(r.path_params["p"])),
        route(one, "PATCH", lambda r, b: here.patch(here.pipeline(r.path_params["p"]), b)),
        route(one, "DELETE", delete),
        route(f"{one}/versions", "GET", versions),
        route(f"{one}/versions", "POST", by_url),
        route(each, "GET", lambda r, b: version(r)),
        route(each, "PATCH", lambda r, b: here.patch(version(r), b)),
        route(each, "DELETE", delete_version),
    ]


def _table(here: World, table: dict[str, Wire], what: str) -> Callable[[Any], Wire]:
    def one(request: Any) -> Wire:
        identifier = request.path_params["i"]
        if identifier not in table:
            raise Fault("NotFound", f"{what} {identifier} not found")
        return table[identifier]

    return one


def _experiments(here: World, route: Route) -> list[Any]:
    one = _table(here, here.experiments, "Experiment")

    def listed(request: Any, given: Wire) -> Wire:
        namespace = here.place(_query(request).get("namespace"))
        return page([e for e in here.experiments.values() if e.get("namespace", "") == namespace], "experiments", _query(request))

    def delete(request: Any, given: Wire) -> None:
        del here.experiments[one(request)["experiment_id"]]

    path = "/experiments/{i}"
    return [
        route("/experiments", "GET", listed),
        route("/experiments", "POST", lambda r, b: here.create_experiment(b)),
        route(f"{path}:archive", "POST", lambda r, b: here.archive_experiment(one(r)["experiment_id"], "ARCHIVED")),
        route(f"{path}:unarchive", "POST", lambda r, b: here.archive_experiment(one(r)["experiment_id"], "AVAILABLE")),
        route(path, "GET", lambda r, b: one(r)),
        route(path, "DELETE", delete),
    ]


def _schedules(here: World, route: Route) -> list[Any]:
    one = _table(here, here.schedules, "RecurringRun")

    def listed(request: Any, given: Wire) -> Wire:
        query = _query(request)
        found = [s for s in here.schedules.values() if query.get("experiment_id") in (None, "", s["experiment_id"])]
        if not query.get("experiment_id"):
            namespace = here.place(query.get("namespace"))
            found = [s for s in found if s.get("namespace", "") == namespace]
        return page(found, "recurringRuns", query)

    def switch(mode: str) -> Callable[[Any, Wire], None]:
        return lambda request, given: one(request).update(status=f"{mode}D", mode=mode)

    def delete(request: Any, given: Wire) -> None:
        here.delete_schedule(one(request)["recurring_run_id"], _query(request).get("propagation_policy") == "ORPHAN")

    path = "/recurringruns/{i}"
    return [
        route("/recurringruns", "GET", listed),
        route("/recurringruns", "POST", lambda r, b: here.create_schedule(b)),
        route(f"{path}:enable", "POST", switch("ENABLE")),
        route(f"{path}:disable", "POST", switch("DISABLE")),
        route(path, "GET", lambda r, b: one(r)),
        route(path, "DELETE", delete),
    ]


def _runs(here: World, route: Route) -> list[Any]:
    one = _table(here, here.runs, "Run")

    def listed(request: Any, given: Wire) -> Wire:
        wanted = _query(request).get("experiment_id")
        return page([r for r in here.runs.values() if wanted in (None, "", r["experiment_id"])], "runs", _query(request))

    def end(request: Any, given: Wire) -> None:
        run = one(request)
        if run["state"] in FINISHED:
            raise invalid(f"Run {run['run_id']} has finished and cannot be terminated")
        set_state(run, "CANCELED")

    def retry(request: Any, given: Wire) -> None:
        run = one(request)
        if run["state"] not in ("FAILED", "CANCELED"):
            raise invalid("Workflow must be Failed/Error to retry")
        set_state(run, "PENDING")

    def delete(request: Any, given: Wire) -> None:
        del here.runs[one(request)["run_id"]]

    path = "/runs/{i}"
    return [
        route("/runs", "GET", listed),
        route("/runs", "POST", lambda r, b: here.create_run(b)),
        route(f"{path}:archive", "POST", lambda r, b: one(r).update(storage_state="ARCHIVED")),
        route(f"{path}:unarchive", "POST", lambda r, b: one(r).update(storage_state="AVAILABLE")),
        route(f"{path}:terminate", "POST", end),
        route(f"{path}:retry", "POST", retry),
        route(path, "GET", lambda r, b: one(r)),
        route(path, "DELETE", delete),
    ]
