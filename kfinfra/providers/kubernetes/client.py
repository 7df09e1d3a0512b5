"""The only room that calls the API server: the kubernetes client, imported at the first call; raw paths and plain dicts."""

from __future__ import annotations

import json
import logging
import random
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes
from kfinfra.providers.kubernetes.connection import configuration
from kfinfra.providers.kubernetes.discovery import Discovery
from kfinfra.providers.kubernetes.failures import Refused, not_an_api
from kfinfra.providers.kubernetes.yaml_json import yaml_json

MANAGER = "kfinfra"
PAGE = 500
ATTEMPTS = 5
_AGAIN = frozenset({429, 500, 502, 503, 504})
_TIMEOUT = (10, 60)
_APPLY = "application/apply-patch+yaml; charset=utf-8"
"""With the charset, which the server passes over, the client sends the body as it is; without, it would make JSON of it."""
_UNTYPED = "failed to create typed patch object"
"""What a server says, with 500, of an apply that has fields it does not know: it will say so again."""
_FIRST_DELAY, _LONGEST_DELAY, _LONGEST_ASKED = 0.2, 8.0, 60.0


class Api:
    """An API server. Connects at the first call; safe to use from several threads."""

    def __init__(self, config: Attributes, env: Mapping[str, str]) -> None:
        self._config, self._env = config, env
        self._lock = threading.Lock()
        self._client: Any = None
        self.discovery = Discovery(self)

    @property
    def forced(self) -> bool:
        """Whether fields are taken from other managers."""
        return bool(self._config.get("force_conflicts"))

    @property
    def host(self) -> str:
        """Where the server is. Raises DiagnosticError where no configuration says so."""
        return str(self._connected().configuration.host)

    def get(self, path: str, doing: str) -> dict[str, Any]:
        """One object. Raises Refused (404 where there is none)."""
        return self._call("GET", path, doing)

    def document(self, path: str, doing: str) -> dict[str, Any]:
        """A JSON object that is none of Kubernetes' own, such as an OpenAPI document. Raises Refused."""
        path, _, query = path.partition("?")
        return self._call("GET", path, doing, dict(parse_qsl(query)), kind=False)

    def first(self, path: str, doing: str) -> Sequence[dict[str, Any]]:
        """A few of the objects, without the rest. Raises Refused."""
        found: Sequence[dict[str, Any]] = self._call("GET", path, doing, {"limit": "3"}).get("items") or ()
        return found

    def list(self, path: str, doing: str, only: str | None = None, labels: str = "") -> list[dict[str, Any]]:
        """All objects, page by page; with `only`, the one of that name; with `labels`, those that a selector selects.

        A list that the server forgot is begun again.
        """
        for _ in range(ATTEMPTS):
            try:
                return list(self._pages(path, doing, only, labels))
            except Refused as problem:
                if problem.status != 410:
                    raise
                last = problem
        raise last

    def _pages(self, path: str, doing: str, only: str | None, labels: str) -> Iterator[dict[str, Any]]:
        query: dict[str, str] = {"limit": str(PAGE)} | ({"fieldSelector": f"metadata.name={only}"} if only else {})
        query |= {"labelSelector": labels} if labels else {}
        while True:
            page = self._call("GET", path, doing, query)
            yield from page.get("items") or ()
            more = (page.get("metadata") or {}).get("continue")
            if not more:
                return
            query["continue"] = more

    def apply(self, path: str, body: Mapping[str, Any], doing: str) -> dict[str, Any]:
        """Server-side apply; takes fields from other managers only where the provider was told to. Raises Refused.

        A field that the server's types do not have is refused, not dropped (`fieldValidation`, since 1.25).
        """
        query = {"fieldManager": MANAGER, "force": "true" if self.forced else "false", "fieldValidation": "Strict"}
        return self._call("PATCH", path, doing, query, yaml_json(body), _APPLY)

    def merge(self, path: str, body: Mapping[str, Any], doing: str) -> dict[str, Any]:
        """A JSON merge patch. Raises Refused."""
        return self._call("PATCH", path, doing, {"fieldManager": MANAGER}, body, "application/merge-patch+json")

    def create(self, path: str, body: Mapping[str, Any], doing: str) -> dict[str, Any]:
        """A new object (409 where there is one, which may be this one: an answer may have been lost). Raises Refused."""
        return self._call("POST", path, doing, {"fieldManager": MANAGER}, body)

    def replace(self, path: str, body: Mapping[str, Any], doing: str) -> dict[str, Any]:
        """The object as `body` has it, of that resourceVersion (409 where it has another by now). Raises Refused."""
        return self._call("PUT", path, doing, {"fieldManager": MANAGER}, body)

    def delete(self, path: str, uid: str | None, doing: str) -> None:
        """Deletes the very object that bears `uid`, or whichever has the name. Raises Refused."""
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": "Background"}
        body |= {"preconditions": {"uid": uid}} if uid is not None else {}
        self._call("DELETE", path, doing, {}, body)

    def _call(
        self,
        method: str,
        path: str,
        doing: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | bytes | None = None,
        content: str = "application/json",
        kind: bool = True,
    ) -> dict[str, Any]:
        """One call, again where that is safe and may help: every call here can be repeated without harm."""
        renewed = False
        attempt = 0
        while True:
            try:
                return self._once(method, path, doing, dict(query or {}), body, content, kind)
            except _Unanswered as problem:
                status, asked = 0, None
                failure: DiagnosticError = problem
            except _Answered as answer:
                status, asked = answer.status, answer.retry_after
                failure = Refused(doing, answer.status, answer.text)
            if status == 401 and not renewed:
                renewed = True
                self.close()
                continue
            attempt += 1
            if (status and status not in _AGAIN) or attempt >= ATTEMPTS or _UNTYPED in str(failure):
                raise failure
            time.sleep(_delay(attempt, asked))

    def _once(
        self,
        method: str,
        path: str,
        doing: str,
        query: dict[str, str],
        body: Mapping[str, Any] | bytes | None,
        content: str,
        kind: bool,
    ) -> dict[str, Any]:
        from kubernetes.client import ApiException
        from urllib3 import exceptions as e

        client = self._connected()
        try:
            answer = client.call_api(
                path,
                method,
                query_params=list(query.items()),
                header_params={"Accept": "application/json", "Content-Type": content},
                body=body,
                auth_settings=["BearerToken"],
                _return_http_data_only=True,
                _preload_content=False,
                _request_timeout=_TIMEOUT,
            )
            return _object(doing, answer.status, answer.data, kind)
        except ApiException as problem:
            if not problem.status:
                raise _unreachable(doing, client, problem.reason, "check the CA certificate of the kubeconfig") from problem
            raise _Answered(problem) from problem
        except (e.NewConnectionError, e.ConnectTimeoutError, e.ReadTimeoutError, e.NameResolutionError) as problem:
            raise _unreachable(doing, client, problem, "check that the cluster runs, the network and the VPN") from problem
        except e.ProtocolError as problem:
            raise _Unanswered(doing, client, problem) from problem
        except (e.HTTPError, OSError, ValueError) as problem:
            raise _unreachable(doing, client, problem, "check the host of the provider or of the kubeconfig") from problem

    def stream(self, path: str, doing: str, query: Mapping[str, str]) -> Iterator[str]:
        """The lines of a text as they come. Raises Refused, or another DiagnosticError."""
        from kubernetes.client import ApiException
        from urllib3 import exceptions as e

        client = self._connected()
        try:
            answer = client.call_api(
                path,
                "GET",
                query_params=list(query.items()),
                header_params={"Accept": "*/*"},
                auth_settings=["BearerToken"],
                _return_http_data_only=True,
                _preload_content=False,
                _request_timeout=(10, None),
            )
            rest = b""
            for part in answer.stream(amt=None, decode_content=True):
                *whole, rest = (rest + part).split(b"\n")
                yield from (line.decode(errors="replace") for line in whole)
            if rest:
                yield rest.decode(errors="replace")
            answer.release_conn()
        except ApiException as problem:
            if not problem.status:
                raise _unreachable(doing, client, problem.reason, "check the CA certificate of the kubeconfig") from problem
            answered = _Answered(problem)
            raise Refused(doing, answered.status, answered.text) from problem
        except (e.HTTPError, OSError) as problem:
            raise _unreachable(doing, client, problem, "check that the cluster runs, the network and the VPN") from problem

    def _connected(self) -> Any:
        with self._lock:
            if self._client is None:
                from kubernetes.client import ApiClient

                logging.getLogger("kubernetes.client.rest").setLevel(logging.INFO)  # at DEBUG it logs bodies, and so secrets
                self._client = ApiClient(configuration(self._config, self._env))
            return self._client

    def close(self) -> None:
        """Ends connections; the next call makes new ones, with new credentials."""
        with self._lock:
            if self._client is not None:
                self._client.close()
            self._client = None


class _Answered(Exception):
    """An answer other than 2xx."""

    def __init__(self, problem: Any) -> None:
        self.status = int(problem.status)
        body = problem.body or b""
        self.text = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
        self.retry_after = (problem.headers or {}).get("Retry-After")
        super().__init__(f"HTTP {self.status}")


class _Unanswered(DiagnosticError):
    """The connection broke before there was an answer."""

    def __init__(self, doing: str, client: Any, problem: Exception) -> None:
        super().__init__(_unreachable(doing, client, problem, "try again; the server or a proxy ends connections").diagnostics)


def _unreachable(doing: str, client: Any, problem: Any, hint: str) -> DiagnosticError:
    said = " ".join(str(problem).split())
    said = said[said.rfind(": ") + 2 :] if "object at 0x" in said else said
    detail = f"Could not {doing} at {client.configuration.host}: {said}."
    return DiagnosticError(error("Kubernetes cannot be reached", detail, hint=hint))


def _object(doing: str, status: int, raw: bytes, kind: bool) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except ValueError:
        found = None
    if not isinstance(found, dict) or (kind and "kind" not in found):
        raise DiagnosticError(not_an_api(doing, status, raw.decode(errors="replace")))
    return found


def _delay(attempt: int, asked: str | None) -> float:
    """Seconds before the next attempt: what the server asks for (Retry-After), else growing, with jitter."""
    if asked:
        try:
            wanted = float(asked) if asked.isdigit() else parsedate_to_datetime(asked).timestamp() - time.time()
            return min(max(wanted, 0.0), _LONGEST_ASKED)
        except ValueError:
            pass  # a Retry-After that is none says nothing
    grown: float = min(_FIRST_DELAY * 2 ** (attempt - 1), _LONGEST_DELAY)
    return grown * random.uniform(0.5, 1.0)
