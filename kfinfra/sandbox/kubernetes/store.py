"""The objects and their versions: created, applied, replaced, deleted, watched. Controllers act through the same doors."""

from __future__ import annotations

import copy
import heapq
import itertools
import threading
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kfinfra.sandbox.kubernetes import rules
from kfinfra.sandbox.kubernetes.apply import applied, updated
from kfinfra.sandbox.kubernetes.custom import DEFINITION, kinds_of, types_of
from kfinfra.sandbox.kubernetes.faults import Fault, invalid, not_found
from kfinfra.sandbox.kubernetes.kinds import BY_KIND, BY_PLURAL, KINDS, Kind
from kfinfra.sandbox.kubernetes.structural import Types
from kfinfra.sandbox.kubernetes.types import MODEL, schemas_of

HISTORY = 2000
"""How many events are kept for watches; one that begins before them is told 410 Expired."""

Body = dict[str, Any]
Key = tuple[str, str, str]
"""(kind, namespace, name)."""


class Store:
    """One cluster's objects. `changed` is called after each write, so that controllers can react.

    `log_of` tells the file of a pod's log and whether more may come, where something runs pods.
    """

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.objects: dict[Key, Body] = {}
        self.history: list[tuple[int, str, Key, Body]] = []
        self.changed: Callable[[str, Body], None] = lambda event, body: None
        self.log_of: Callable[[str, str], tuple[Path, bool]] | None = None
        self._version = itertools.count(1)
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()

    @property
    def version(self) -> int:
        """The newest resourceVersion."""
        return self.history[-1][0] if self.history else 0

    @property
    def oldest(self) -> int:
        """The oldest resourceVersion that a watch can still begin after."""
        return self.history[0][0] if self.history else 0

    def restart(self, version: int) -> None:
        """Goes on with resourceVersions after `version`; watches begin anew."""
        self._version = itertools.count(version + 1)
        self.history.clear()

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Has `act` done after `seconds`, at the next `tick`."""
        heapq.heappush(self._due, (time.monotonic() + seconds, next(self._order), act))

    def tick(self) -> None:
        """Does what is due. Called before each request."""
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()

    def kinds(self) -> list[Kind]:
        """Every kind: those that there always are, and those of established definitions."""
        return [*KINDS, *(kind for body in self.listed(DEFINITION, None) for kind in kinds_of(body))]

    def by_plural(self, api: str, plural: str) -> Kind | None:
        """The kind at a path, None where there is none."""
        known = BY_PLURAL.get((api, plural))
        return known or next((k for k in self.kinds() if (k.api, k.plural) == (api, plural)), None)

    def get(self, kind: Kind, namespace: str, name: str) -> Body:
        """One object. Raises Fault."""
        found = self.objects.get((kind.key, namespace, name))
        if found is None:
            raise not_found(kind.plural, name)
        return found

    def listed(self, kind: Kind, namespace: str | None) -> list[Body]:
        """Objects by name; of all namespaces where it is None."""
        found = [b for (k, n, _), b in self.objects.items() if k == kind.key and namespace in (None, n)]
        return sorted(found, key=lambda b: (b["metadata"].get("namespace", ""), b["metadata"]["name"]))

    def default_class(self) -> str | None:
        """The storage class that claims without one get."""
        mark = "storageclass.kubernetes.io/is-default-class"
        for found in self.listed(BY_KIND["StorageClass"], None):
            if (found["metadata"].get("annotations") or {}).get(mark) == "true":
                return str(found["metadata"]["name"])
        return None

    def create(self, kind: Kind, namespace: str, body: Body, manager: str, dry: bool = False) -> Body:
        """POST. Raises Fault."""
        body = self._named(kind, namespace, body)
        name = str(body["metadata"]["name"])
        if (kind.key, namespace, name) in self.objects:
            raise Fault("AlreadyExists", f'{kind.plural} "{name}" already exists', about=(kind.plural, name))
        self._check_namespace(kind, namespace, name)
        body = _typed(kind, rules.prepared(kind, body, self.default_class()))
        rules.check(kind, body, None)
        return self._keep(kind, updated(None, body, manager, now(), kind.lists), None, dry)

    def apply(self, kind: Kind, namespace: str, name: str, body: Body, manager: str, force: bool, dry: bool = False) -> Body:
        """Server-side apply. Raises Fault."""
        if (body.get("metadata") or {}).get("name", name) != name:
            raise Fault(
                "BadRequest", f"the name of the object ({body['metadata']['name']}) does not match the name on the URL ({name})"
            )
        live = self.objects.get((kind.key, namespace, name))
        body = self._named(kind, namespace, {**body, "metadata": {**(body.get("metadata") or {}), "name": name}})
        if live is None:
            self._check_namespace(kind, namespace, name)
        else:
            self._check_version(kind, body, live)
        _check_types(kind, body, name, namespace)
        base = live or {"apiVersion": kind.api, "kind": kind.kind, "metadata": {"name": name, **_within(kind, namespace)}}
        result = applied(
            base, rules.prepared(kind, body, None) if _has_quantities(kind) else body, manager, force, now(), kind.lists
        )
        result = _typed(kind, rules.prepared(kind, result, self.default_class() if live is None else None))
        rules.check(kind, result, live)
        return self._keep(kind, result, live, dry)

    def replace(self, kind: Kind, namespace: str, name: str, body: Body, manager: str, dry: bool = False) -> Body:
        """PUT, and the end of a PATCH. Raises Fault."""
        live = self.get(kind, namespace, name)
        body = self._named(kind, namespace, body)
        self._check_version(kind, body, live)
        body["metadata"] = {**body["metadata"], **{n: live["metadata"][n] for n in _SYSTEM if n in live["metadata"]}}
        body = _typed(kind, rules.prepared(kind, body, None))
        body.setdefault("status", live.get("status")) if live.get("status") else None
        rules.check(kind, body, live)
        return self._keep(kind, updated(live, body, manager, now(), kind.lists), live, dry)

    def delete(self, kind: Kind, namespace: str, name: str, options: Body, dry: bool = False) -> Body:
        """DELETE: gone at once, or marked where finalizers hold it. Raises Fault."""
        live = self.get(kind, namespace, name)
        wanted = (options.get("preconditions") or {}).get("uid")
        if wanted and wanted != live["metadata"]["uid"]:
            said = f"the UID in the precondition ({wanted}) does not match the UID in record ({live['metadata']['uid']})"
            raise Fault("Conflict", f'Operation cannot be fulfilled on {kind.plural} "{name}": Precondition failed: {said}')
        if kind.kind == "Namespace" and name in ("default", "kube-system", "kube-public"):
            raise Fault("Forbidden", f'namespaces "{name}" is forbidden: this namespace may not be deleted')
        if dry:
            return live
        held = live["metadata"].get("finalizers") or (kind.kind == "Namespace" and live["spec"].get("finalizers"))
        if not held:
            return self.remove(kind, namespace, name)
        if "deletionTimestamp" not in live["metadata"]:
            live = copy.deepcopy(live)
            live["metadata"] |= {"deletionTimestamp": now(), "deletionGracePeriodSeconds": 0}
            live = self.store(kind, live)
            self.changed("MODIFIED", live)
        return live

    def remove(self, kind: Kind, namespace: str, name: str) -> Body:
        """Takes an object away."""
        gone = self.objects.pop((kind.key, namespace, name))
        self._record("DELETED", kind, gone)
        self.changed("DELETED", gone)
        return gone

    def store(self, kind: Kind, body: Body) -> Body:
        """Keeps a body as it is under a new version: what controllers write, status above all."""
        namespace = body["metadata"].get("namespace", "")
        event = "MODIFIED" if (kind.key, namespace, body["metadata"]["name"]) in self.objects else "ADDED"
        self.objects[kind.key, namespace, body["metadata"]["name"]] = body
        self._record(event, kind, body)
        return body

    def _record(self, event: str, kind: Kind, body: Body) -> None:
        version = next(self._version)
        body["metadata"]["resourceVersion"] = str(version)
        key = (kind.key, body["metadata"].get("namespace", ""), body["metadata"]["name"])
        self.history.append((version, event, key, copy.deepcopy(body)))
        del self.history[:-HISTORY]

    def _keep(self, kind: Kind, body: Body, live: Body | None, dry: bool) -> Body:
        body = copy.deepcopy(body)
        if live is None:
            body["metadata"] |= {"uid": str(uuid.uuid4()), "creationTimestamp": now()}
            if kind.counted:
                body["metadata"]["generation"] = 1
        elif _same(body, live):
            return live
        elif kind.counted:
            more = {n: v for n, v in body.items() if n not in ("metadata", "status")} != {
                n: v for n, v in live.items() if n not in ("metadata", "status")
            }
            body["metadata"]["generation"] = live["metadata"].get("generation", 1) + more
        if dry:
            return body
        kept = self.store(kind, body)
        held = kept["metadata"].get("finalizers")
        if "deletionTimestamp" in kept["metadata"] and not held and kind.kind != "Namespace":
            return self.remove(kind, kept["metadata"].get("namespace", ""), kept["metadata"]["name"])
        self.changed("ADDED" if live is None else "MODIFIED", kept)
        return kept

    def _named(self, kind: Kind, namespace: str, body: Body) -> Body:
        """The body with its kind, a name, and its namespace. Raises Fault where these contradict the path."""
        body = copy.deepcopy(body)
        if body.get("kind", kind.kind) != kind.kind or body.get("apiVersion", kind.api) != kind.api:
            raise Fault("BadRequest", f"the object provided is unrecognized: {body.get('apiVersion')}, {body.get('kind')}")
        body |= {"apiVersion": kind.api, "kind": kind.kind}
        metadata = body.setdefault("metadata", {})
        if not metadata.get("name") and metadata.get("generateName"):
            metadata["name"] = f"{metadata['generateName']}{uuid.uuid4().hex[:5]}"
        metadata.setdefault("name", "")
        if metadata.get("namespace", namespace) != namespace:
            raise Fault("BadRequest", "the namespace of the provided object does not match the namespace sent on the request")
        metadata |= _within(kind, namespace)
        return body

    def _check_namespace(self, kind: Kind, namespace: str, name: str) -> None:
        if not kind.namespaced:
            return
        found = self.objects.get(("Namespace", "", namespace))
        if found is None:
            raise not_found("namespaces", namespace)
        if "deletionTimestamp" in found["metadata"]:
            said = f"unable to create new content in namespace {namespace} because it is being terminated"
            cause = ("NamespaceTerminating", f"namespace {namespace} is being terminated", "metadata.namespace")
            raise Fault("Forbidden", f'{kind.plural} "{name}" is forbidden: {said}', [cause])

    def _check_version(self, kind: Kind, body: Body, live: Body) -> None:
        wanted = body["metadata"].get("resourceVersion")
        if wanted and wanted != live["metadata"]["resourceVersion"]:
            name = live["metadata"]["name"]
            said = "the object has been modified; please apply your changes to the latest version and try again"
            raise Fault("Conflict", f'Operation cannot be fulfilled on {kind.plural} "{name}": {said}', about=(kind.plural, name))


_SYSTEM = ("creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds", "uid", "resourceVersion")


def types(kind: Kind) -> Types | None:
    """The types of a kind, None where the rules of its own are all that is looked at."""
    if kind.model:
        known = schemas_of(kind.model)
        return Types(known[MODEL + kind.model], known)
    return types_of(kind)


def _check_types(kind: Kind, body: Body, name: str, namespace: str) -> None:
    """An apply is typed before anything else: the server answers 500 to a field that it has no type for. Raises Fault."""
    known = types(kind)
    found = list(known.untyped(body)) if known is not None else []
    if found:
        about = f"{namespace}/{name}; {kind.api}, Kind={kind.kind}"
        raise Fault("InternalError", f"failed to create typed patch object ({about}): {'; '.join(found)}")


def _typed(kind: Kind, body: Body) -> Body:
    """A custom resource as its definition keeps it. Raises Fault where it is not what the schema allows."""
    known = types_of(kind)
    if known is None:
        return body
    body = known.pruned(body)
    found = list(known.wrong(body))
    if found:
        raise invalid(kind.kind, str(body["metadata"].get("name", "")), found)
    return body


def _within(kind: Kind, namespace: str) -> dict[str, str]:
    return {"namespace": namespace} if kind.namespaced else {}


def _has_quantities(kind: Kind) -> bool:
    """Kinds whose applied values are made canonical before they are compared with what others own."""
    return kind.kind in ("LimitRange", "ResourceQuota")


def _same(one: Body, other: Body) -> bool:
    def bare(body: Body) -> Body:
        return {**body, "metadata": {n: v for n, v in body["metadata"].items() if n != "resourceVersion"}}

    return bare(one) == bare(other)


def now() -> str:
    """The time, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
