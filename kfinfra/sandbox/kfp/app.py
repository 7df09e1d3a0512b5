"""The v2beta1 API over HTTP: the gateway's errors, the user's header, a page that says what this is. Rules are elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kfinfra.sandbox.kfp import messages
from kfinfra.sandbox.kfp.faults import Fault, RefusedUpload
from kfinfra.sandbox.kfp.routes import OLDER, ROUTES, Call, Handler
from kfinfra.sandbox.kfp.uploads import upload_pipeline, upload_version
from kfinfra.sandbox.kfp.world import World

API = "/apis/v2beta1"
USER = "kubeflow-userid"
VERSION = {"commit_sha": "7b70c7b95f6832772efd6fd0029a4024491a0f44", "tag_name": "2.17.0", "pipeline_store": "database"}


def make_app(multi_user: bool = False, world: World | None = None) -> Any:
    """An ASGI application over a world of its own (or the one given). A multi-user server wants the user's header."""
    from starlette.applications import Starlette
    from starlette.responses import HTMLResponse, JSONResponse, Response
    from starlette.routing import Route

    here = world or World(multi_user)

    def rest(method: str, path: str, shape: Mapping[str, Any], handle: Handler, api: str = API) -> Route:
        async def serve(request: Any) -> Response:
            try:
                if here.multi_user and not request.headers.get(USER):
                    raise Fault("Unauthenticated", "Request header error: there is no user identity header.")
                body = messages.parsed(await request.body() if shape else b"", shape)
                with here.lock:
                    return JSONResponse(handle(Call(here, request.path_params, request.query_params, body)) or {})
            except Fault as problem:
                return JSONResponse(problem.body(), problem.status)

        return Route(api + path, serve, methods=[method])

    def upload(path: str, take: Callable[[World, Any, str, bytes | None], dict[str, Any]], vague: str) -> Route:
        async def serve(request: Any) -> Response:
            file = (await request.form()).get("uploadfile")
            name, data = ("", None) if file is None or isinstance(file, str) else (file.filename or "", await file.read())
            try:
                if here.multi_user and not request.headers.get(USER):
                    raise RefusedUpload(vague)
                with here.lock:
                    return JSONResponse(take(here, request.query_params, name, data))
            except RefusedUpload as problem:
                if problem.plain:
                    return Response(problem.message + "\n", problem.status, media_type="text/plain")
                return JSONResponse(problem.body(), problem.status)

        return Route(API + path, serve, methods=["POST"])

    async def unknown(request: Any, problem: Exception) -> Response:
        return JSONResponse({"code": 5, "message": "Not Found", "details": []}, 404)

    async def wrong_method(request: Any, problem: Exception) -> Response:
        return JSONResponse({"code": 12, "message": "Method Not Allowed", "details": []}, 501)

    async def health(request: Any) -> Response:
        return JSONResponse({**VERSION, "multi_user": here.multi_user})

    async def home(request: Any) -> Response:
        return HTMLResponse(f"<p>The Kubeflow Pipelines API of a kfinfra sandbox; see <code>{API}/healthz</code>.</p>")

    routes = [
        upload("/pipelines/upload", upload_pipeline, "Failed to create a pipeline"),
        upload("/pipelines/upload_version", upload_version, "Failed to create a pipeline version"),
        *(rest(*entry) for entry in ROUTES),
        *(rest(*entry, api="/apis/v1beta1") for entry in OLDER),
        Route(API + "/healthz", health),
        Route("/", home),
    ]
    return Starlette(routes=_by_path(routes), exception_handlers={404: unknown, 405: wrong_method})


def _by_path(routes: list[Any]) -> list[Any]:
    """Paths without parameters first, so that `/pipelines/create` is not taken for an id; longer ones before shorter."""
    return sorted(routes, key=lambda r: (r.path.count("{"), -len(r.path)))
