"""The only room that calls KFP: kfp_server_api's configured client with JSON bodies, its failures as diagnostics.

Its generated models lose what this needs (specs as bare objects, fields of newer servers, errors that raise while they are
made), so calls go through `ApiClient.call_api` unparsed: host, certificates, headers and pool are the generated client's.
"""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kfinfra.diag import DiagnosticError
from kfinfra.model.plain import Attributes, Plain
from kfinfra.providers.kfp.access import API, OLDER, Access
from kfinfra.providers.kfp.failures import Answer, Refused, no_namespace, not_kfp, unreachable

PAGE = 200
ATTEMPTS = 5
_AGAIN = (429, 502, 503, 504)
_TIMEOUT = (10, 120)

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Server:
    """What the server says of itself: whether it serves several users, where it keeps pipelines, its version."""

    multi_user: bool
    pipeline_store: str
    tag: str


@dataclass(frozen=True, slots=True)
class Call:
    """One request. `again`: whether it may be sent twice."""

    doing: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...] = ()
    body: Mapping[str, Any] | None = None
    file: bytes | None = None
    again: bool = True
    api: str = API


class Kfp:
    """The API of one provider block. Nothing is opened before the first call; safe to use from several threads."""

    def __init__(self, config: Attributes, env: Mapping[str, str]) -> None:
        self._access = Access(config, env)
        self._lock = threading.Lock()
        self._api: Any = None
        self._server: Server | None = None
        self._answered = False

    @property
    def host(self) -> str:
        """Where the server is."""
        return self._access.host

    @property
    def server(self) -> Server:
        """What `healthz` says, asked once. Raises DiagnosticError."""
        with self._lock:
            if self._server is not None:
                return self._server
        said = self.get("read the server's version", "/healthz")
        found = Server(bool(said.get("multi_user")), str(said.get("pipeline_store") or "database"), str(said.get("tag_name", "")))
        with self._lock:
            self._server = found
        return found

    def place(self, namespace: Plain, what: str) -> str:
        """The namespace that the server wants to hear: none in single-user mode. Raises DiagnosticError where one is missing."""
        if not self.server.multi_user:
            return ""
        if not namespace:
            raise no_namespace(what)
        return str(namespace)

    def get(self, doing: str, path: str, **query: str) -> Body:
        """One object. Raises Refused, or another DiagnosticError."""
        return self._json(Call(doing, "GET", path, tuple(query.items())))

    def older(self, doing: str, path: str) -> Body | None:
        """One object as the API before v2beta1 tells it; None where the server does not."""
        try:
            return self._json(Call(doing, "GET", path, api=OLDER))
        except DiagnosticError:
            return None

    def find(self, doing: str, path: str, **query: str) -> Body | None:
        """One object, or None where the server knows none."""
        try:
            return self.get(doing, path, **query)
        except Refused as problem:
            if problem.status == 404:
                return None
            raise

    def pages(self, doing: str, path: str, key: str, **query: str) -> Iterator[Body]:
        """All items of a list, page by page."""
        token = ""
        while True:
            turn = {**query, **({"page_token": token} if token else {})}
            answer = self.get(doing, path, page_size=str(PAGE), **turn)
            yield from answer.get(key) or ()
            token = str(answer.get("next_page_token") or "")
            if not token:
                return

    def post(self, doing: str, path: str, body: Mapping[str, Any] | None = None, *, again: bool = False) -> Body:
        """Makes an object; `again` for actions such as `:disable`."""
        return self._json(Call(doing, "POST", path, body=body, again=again))

    def patch(self, doing: str, path: str, body: Mapping[str, Any]) -> Body:
        """Changes an object."""
        return self._json(Call(doing, "PATCH", path, body=body))

    def delete(self, doing: str, path: str, **query: str) -> None:
        """Removes an object; one that is gone is no error."""
        try:
            self._json(Call(doing, "DELETE", path, tuple(query.items())))
        except Refused as problem:
            if problem.status != 404:
                raise

    def upload(self, doing: str, path: str, file: bytes, **query: str) -> Body:
        """Sends a package."""
        return self._json(Call(doing, "POST", path, tuple(query.items()), file=file, again=False))

    def _json(self, call: Call) -> Body:
        answer = self._answer(call)
        if 300 <= answer.status < 400 or (answer.is_html and answer.status not in _AGAIN):
            raise not_kfp(self._access.host, answer)
        if answer.status >= 400:
            raise Refused(call.doing, answer)
        try:
            body = json.loads(answer.body or b"{}")
        except ValueError:
            raise not_kfp(self._access.host, answer) from None
        if not isinstance(body, dict):
            raise not_kfp(self._access.host, answer)
        return body

    def _answer(self, call: Call) -> Answer:
        """The answer, after some patience where the call may be repeated.

        A server that has not answered yet is most likely not there: then the user is told at once.
        """
        for attempt in range(1, ATTEMPTS + 1):
            last = attempt == ATTEMPTS or not call.again
            try:
                answer = self._send(call)
            except DiagnosticError:
                if last or not self._answered:
                    raise
                time.sleep(_pause(attempt, ""))
                continue
            if answer.status not in _AGAIN or last:
                return answer
            time.sleep(_pause(attempt, answer.headers.get("retry-after", "")))
        raise AssertionError("the last attempt returns or raises")

    def _send(self, call: Call) -> Answer:
        from kfp_server_api.exceptions import ApiException
        from urllib3.exceptions import HTTPError

        headers = {"Accept": "application/json", **self._access.headers()}
        post: list[Any] = []
        if call.file is not None:
            headers["Content-Type"] = "multipart/form-data"
            post = [("uploadfile", ("pipeline.yaml", call.file, "application/yaml"))]
        try:
            response = self._client().call_api(
                call.api + call.path,
                call.method,
                query_params=list(call.query),
                header_params=headers,
                body=call.body,
                post_params=post,
                _preload_content=False,
                _request_timeout=_TIMEOUT,
            )
            body = response.data
            response.release_conn()
            answer = Answer(response.status, _lower(response.headers), body)
        except ApiException as problem:
            answer = Answer(problem.status, _lower(problem.headers), (problem.body or "").encode())
        except UnicodeDecodeError as problem:
            raise unreachable(self._access.host, call.doing, "its answer is not text") from problem
        except (HTTPError, OSError) as problem:
            raise unreachable(self._access.host, call.doing, _reason(problem)) from problem
        self._answered = True
        return answer

    def _client(self) -> Any:
        with self._lock:
            if self._api is None:
                self._api = self._access.api()
            return self._api

    def close(self) -> None:
        """Ends connections."""
        if self._api is not None:
            self._api.rest_client.pool_manager.clear()
            self._api.close()
        self._access.close()


def _lower(headers: Any) -> dict[str, str]:
    return {str(name).lower(): str(value) for name, value in (headers or {}).items()}


def _reason(problem: Exception) -> str:
    """The innermost words: urllib3 wraps the reason in the pool's and its own."""
    inner: Any = getattr(problem, "reason", None)
    while isinstance(getattr(inner, "reason", None), Exception):
        inner = inner.reason
    text = str(inner or problem)
    return text.rpartition(": ")[2] if "object at 0x" in text else text.rpartition("): ")[2]


def _pause(attempt: int, retry_after: str) -> float:
    """Seconds to wait: what the server asks for (up to a minute), else 0.2, 0.4, 0.8, … with jitter."""
    if retry_after.isdigit():
        return min(float(retry_after), 60.0)
    return random.uniform(0.1, 0.2) * float(2**attempt)


def named(key: str, value: str, operation: str = "EQUALS") -> str:
    """A list's filter of one predicate.

    The server decodes it once more than HTTP does (list_request_util.go, parseAPIFilter), so that a bare % or + would be lost.
    """
    text = json.dumps({"predicates": [{"key": key, "operation": operation, "string_value": value}]})
    return text.replace("%", "%25").replace("+", "%2B")
