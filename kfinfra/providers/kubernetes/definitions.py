"""CustomResourceDefinitions among the manifests: waited for until their kind is served, kept while objects of it exist."""

from __future__ import annotations

from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.ports import Operation, Run
from kfinfra.providers.kubernetes import operations
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.discovery import kind_of
from kfinfra.providers.kubernetes.failures import Refused

DEFINITION = "CustomResourceDefinition"
Object = dict[str, Any]


def create(api: Api, operation: Operation) -> Run:
    """Makes the object; a definition is done when the server serves its kind."""
    yield from operations.create(api, operation)
    return (yield from _established(api, operation))


def update(api: Api, operation: Operation) -> Run:
    """Changes the object; a definition is done when the server serves its kind."""
    yield from operations.update(api, operation)
    return (yield from _established(api, operation))


def _established(api: Api, operation: Operation) -> Run:
    kind = kind_of(api.discovery, operation.address.type, operation.desired)
    title, patience = kind.title(operation.desired), operations.Patience(operation.timeout)
    while True:
        found = api.get(kind.path(operation.desired), f"read {title}")
        if kind.kind != DEFINITION or _condition(found, "Established") == ("True", ""):
            return operations.attributes_of(operation, found)
        refused = _condition(found, "NamesAccepted")
        if refused[0] == "False" and refused[1]:
            detail = f"{title} was made, but its names are not accepted: {refused[1]}."
            raise DiagnosticError(error("Names are taken", detail, hint="choose other names in spec.names"))
        yield patience.next(f"waiting for {title} to be established", lambda: _late(title))


def _condition(found: Object, name: str) -> tuple[str, str]:
    """(status, why not) of a condition."""
    for each in (found.get("status") or {}).get("conditions") or ():
        if each.get("type") == name:
            return each["status"], "" if each["status"] == "True" else str(each.get("message") or each.get("reason"))
    return "", ""


def _late(title: str) -> DiagnosticError:
    hint = 'look at its status (kubectl describe crd), or allow more: timeouts { create = "…" }'
    return DiagnosticError(error("Operation timed out", f"{title} was not established in time.", hint=hint))


def delete(api: Api, operation: Operation) -> Run:
    """Deletes the object; a definition only where no object of its kind exists, or where it was told to."""

    def allowed(found: Object) -> None:
        if found.get("kind") == DEFINITION and not operation.prior.get("force_destroy"):
            _check_empty(api, found, operation)

    return operations.delete(api, operation, allowed)


def _check_empty(api: Api, found: Object, operation: Operation) -> None:
    spec = found["spec"]
    version = next((v["name"] for v in spec["versions"] if v.get("served")), None)
    if version is None:
        return
    path, kind = f"/apis/{spec['group']}/{version}/{spec['names']['plural']}", spec["names"]["kind"]
    try:
        some = api.first(path, f"look for objects of kind {kind}")
    except Refused as problem:
        if problem.status == 404:
            return  # it is not served, so there can be none
        raise
    if some:
        names = ", ".join("/".join(filter(None, (o["metadata"].get("namespace"), o["metadata"]["name"]))) for o in some)
        detail = f"Destroying the definition of {kind} deletes every {kind} of the cluster; there are some: {names}."
        hint = f"delete these first, or set force_destroy = true in {operation.address}, apply, and destroy again"
        raise DiagnosticError(error("Objects of this kind exist", detail, hint=hint))
