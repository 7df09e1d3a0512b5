"""Refresh: one paged list per kind and namespace, or one for the whole cluster; never a call per object."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from kfinfra.diag import DiagnosticError
from kfinfra.model.address import Address
from kfinfra.model.ports import Observed, ReadRequest
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.discovery import UnknownKind, kind_of
from kfinfra.providers.kubernetes.failures import Refused
from kfinfra.providers.kubernetes.kinds import Kind
from kfinfra.providers.kubernetes.observe import observed

READERS = 8
MANY_NAMESPACES = 3
Scopes = Mapping[str | None, Sequence[ReadRequest]]


def refresh(api: Api, requests: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
    """What is there of each. A list that fails is a diagnostic of all that it would have shown."""
    scopes: dict[Kind, dict[str | None, list[ReadRequest]]] = defaultdict(lambda: defaultdict(list))
    out: dict[Address, Observed] = {}
    for request in requests:
        try:
            kind = kind_of(api.discovery, request.address.type, request.identity)
        except UnknownKind:
            out[request.address] = Observed(None)  # its definition is gone, and with it every object of the kind
        except DiagnosticError as problem:
            out[request.address] = Observed(None, problem.diagnostics)
        else:
            scopes[kind][str(request.identity["namespace"]) if kind.namespaced else None].append(request)
    with ThreadPoolExecutor(READERS) as pool:
        wide = {k: pool.submit(_everywhere, api, k, s) for k, s in scopes.items() if len(s) > MANY_NAMESPACES}
        narrow = {k: s for k, s in scopes.items() if k not in wide}
        for kind, future in wide.items():
            found = future.result()
            if found is None:
                narrow[kind] = scopes[kind]
            else:
                out |= found
        jobs = [pool.submit(_scope, api, kind, ns, wanted) for kind, s in narrow.items() for ns, wanted in s.items()]
        for job in jobs:
            out |= job.result()
    return out


def _everywhere(api: Api, kind: Kind, scopes: Scopes) -> Mapping[Address, Observed] | None:
    """One list for the whole cluster; None where that is not allowed."""
    wanted = [request for requests in scopes.values() for request in requests]
    try:
        return _read(api, kind, None, wanted)
    except Refused as problem:
        if problem.status in (403, 404):
            return None  # not allowed, or not there: asked for by namespace, the lists say which
        return _failed(wanted, problem)
    except DiagnosticError as problem:
        return _failed(wanted, problem)


def _scope(api: Api, kind: Kind, namespace: str | None, wanted: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
    try:
        return _read(api, kind, namespace, wanted)
    except Refused as problem:
        if api.discovery.gone(kind, problem):
            return {request.address: Observed(None) for request in wanted}
        return _failed(wanted, problem)
    except DiagnosticError as problem:
        return _failed(wanted, problem)


def _failed(wanted: Sequence[ReadRequest], problem: DiagnosticError) -> Mapping[Address, Observed]:
    return {request.address: Observed(None, problem.diagnostics) for request in wanted}


def _read(api: Api, kind: Kind, namespace: str | None, wanted: Sequence[ReadRequest]) -> Mapping[Address, Observed]:
    """One list. A single object is asked for by its name, so that a namespace full of others costs one small page."""
    only = str(wanted[0].identity["name"]) if len(wanted) == 1 else None
    where = f" in {namespace}" if namespace else ""
    items = api.list(kind.collection(namespace), f"list {kind.plural}{where}", only)
    found = {
        (o["metadata"].get("namespace"), o["metadata"]["name"]): {"kind": kind.kind, "apiVersion": kind.api, **o} for o in items
    }
    out: dict[Address, Observed] = {}
    for request in wanted:
        there = found.get((request.identity.get("namespace"), request.identity["name"]))
        out[request.address] = Observed(None) if there is None else observed(kind.type, there, request.recorded)
    return out
