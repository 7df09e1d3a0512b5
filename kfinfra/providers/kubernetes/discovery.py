"""Which kinds the server has, and what it says of their types: asked for when a manifest needs it, once a group and version."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Protocol

from kfinfra.diag import DiagnosticError, did_you_mean, error
from kfinfra.model.plain import Attributes
from kfinfra.providers.kubernetes.failures import Refused
from kfinfra.providers.kubernetes.kinds import KINDS, Kind

Document = Mapping[str, Any]


class Getter(Protocol):
    """What is needed of an API server."""

    def get(self, path: str, doing: str) -> dict[str, Any]:
        """A document that has a kind. Raises Refused."""
        ...

    def document(self, path: str, doing: str) -> dict[str, Any]:
        """Any JSON object. Raises Refused."""
        ...


class UnknownKind(DiagnosticError):
    """The server has no such kind: a name misspelled, or a CustomResourceDefinition that is not there (yet)."""


class Discovery:
    """The kinds of one server. Safe to use from several threads."""

    def __init__(self, api: Getter) -> None:
        self._api = api
        self._lock = threading.RLock()
        self._kinds: dict[str, Mapping[str, Kind]] = {}
        self._types: dict[str, Document] = {}

    def kind(self, api_version: str, kind: str) -> Kind:
        """The kind. One that was not there is looked for again: its definition may have come. Raises DiagnosticError."""
        with self._lock:
            if kind not in self._kinds.get(api_version, {}):
                self._kinds[api_version] = self._served(api_version)
            known = self._kinds[api_version]
        if kind in known:
            return known[kind]
        other = did_you_mean(kind, known) if known else ""
        detail = f'The server has no kind "{kind}" in {api_version}.{other}'
        hint = "check apiVersion and kind (kubectl api-resources lists them); a kind that a CustomResourceDefinition of this "
        hint += "configuration brings is waited for with depends_on = [manifest.…]"
        raise UnknownKind(error("Unknown kind", detail, hint=hint))

    def gone(self, kind: Kind, problem: Refused) -> bool:
        """Whether a 404 says that the kind is not served any more, and so no object of it exists. Raises DiagnosticError."""
        if problem.status != 404 or kind.type != "manifest":
            return False
        with self._lock:
            self._kinds.pop(kind.api, None)
        try:
            self.kind(kind.api, kind.kind)
        except UnknownKind:
            return True
        return False

    def _served(self, api_version: str) -> Mapping[str, Kind]:
        root = f"/apis/{api_version}" if "/" in api_version else f"/api/{api_version}"
        try:
            found = self._api.get(root, f"list the kinds of {api_version}")
        except Refused as problem:
            if problem.status == 404:
                return {}
            raise
        return {
            r["kind"]: Kind("manifest", api_version, r["kind"], r["name"], bool(r["namespaced"]))
            for r in found.get("resources") or ()
            if "/" not in r["name"]
        }

    def types(self, api_version: str) -> Document:
        """The OpenAPI document of a group and version, empty where the server has none. Raises DiagnosticError."""
        root = f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"
        with self._lock:
            if root not in self._types:
                self._types[root] = self._document(root, api_version)
            return self._types[root]

    def _document(self, root: str, api_version: str) -> Document:
        try:
            paths = self._api.document("/openapi/v3", "list the documents of types").get("paths") or {}
            where = (paths.get(root) or {}).get("serverRelativeURL")
            return self._api.document(where, f"read the types of {api_version}") if where else {}
        except Refused as problem:
            if problem.status in (403, 404):
                return {}  # a server before 1.24, or one that shows its types to few: it checks what is sent all the same
            raise


def kind_of(discovery: Discovery, type_name: str, attributes: Attributes) -> Kind:
    """The kind of an object of a resource type. Raises DiagnosticError where the server does not know a manifest's."""
    if type_name != "manifest":
        return KINDS[type_name]
    return discovery.kind(str(attributes["api_version"]), str(attributes["kind"]))
