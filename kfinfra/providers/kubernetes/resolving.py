"""A manifest completed and checked before it is planned: what the server knows of its kind, as far as it can be reached.

A server is asked only for a manifest that is not the recorded one, once a group and version.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from kfinfra.diag import DiagnosticError, article, error
from kfinfra.model.plain import UNKNOWN, Attributes, Plain
from kfinfra.model.resource import Desired
from kfinfra.providers.kubernetes.client import Api
from kfinfra.providers.kubernetes.discovery import UnknownKind
from kfinfra.providers.kubernetes.failures import Refused
from kfinfra.providers.kubernetes.kinds import Kind
from kfinfra.providers.kubernetes.manifests import completed
from kfinfra.providers.kubernetes.openapi import describes, problems


def resolved(api: Api, desired: Desired, recorded: Attributes | None, default: Callable[[], str]) -> tuple[Desired, str]:
    """The desired manifest with its names, and why it could not be checked (empty where it was). Raises DiagnosticError.

    `default` tells the namespace of what names none. A kind that the server does not have is an error, but where the
    configuration itself may bring its definition: where the resource depends on another manifest.
    """
    attributes = desired.resource.attributes
    first = completed(attributes, _name(desired), _written_namespace(attributes))
    if recorded is not None and _as_recorded(first, recorded):
        return _with(desired, {**first, **{n: recorded[n] for n in ("manifest", "namespace")}}), ""
    api_version, kind = first["api_version"], first["kind"]
    if not isinstance(api_version, str) or not isinstance(kind, str):
        return _with(desired, first), "its kind is known after apply"
    try:
        known = api.discovery.kind(api_version, kind)
        whole = completed(attributes, _name(desired), _namespace(known, first["namespace"], default, desired))
        return _with(desired, whole), _check(api, known, desired, whole)
    except UnknownKind as problem:
        if not any(a.type == "manifest" for a in desired.depends_on):
            raise _at(problem, desired) from problem
        why = f"the server has no kind {kind} yet"
    except Refused as problem:
        if problem.status != 403:
            raise
        why = problem.diagnostics[0].detail
    except DiagnosticError as problem:
        if isinstance(problem, _Mistake):
            raise
        why = problem.diagnostics[0].detail
    place = first["namespace"]
    if place is None:
        place = recorded.get("namespace") if recorded is not None else UNKNOWN
    return _with(desired, completed(attributes, _name(desired), place)), why


def _name(desired: Desired) -> str:
    """The name of what has none: the block's label; an instance's key makes it its own."""
    address = desired.address
    return address.name if address.key is None else f"{address.name}-{address.key}"


def _written_namespace(attributes: Attributes) -> Plain:
    manifest = attributes.get("manifest")
    metadata = manifest.get("metadata") if isinstance(manifest, dict) else None
    inside = metadata.get("namespace") if isinstance(metadata, dict) else None
    return inside if inside is not None else attributes.get("namespace")


def _as_recorded(first: Attributes, recorded: Attributes) -> bool:
    """Whether it is, word for word, what was applied: then the server has checked it."""
    manifest, known = first.get("manifest"), recorded.get("manifest")
    if not isinstance(manifest, dict) or not isinstance(known, dict):
        return False
    if first["namespace"] is None and recorded.get("namespace") is not None:
        metadata = manifest["metadata"]
        place: dict[str, Plain] = {"namespace": recorded["namespace"]}
        manifest = {**manifest, "metadata": {**metadata, **place}} if isinstance(metadata, dict) else manifest
    return manifest == known


def _namespace(kind: Kind, written: Plain, default: Callable[[], str], desired: Desired) -> Plain:
    if kind.namespaced:
        return default() if written is None else written
    if written is not None and written is not UNKNOWN:
        detail = f"{article(kind.kind)} {kind.kind} is of the whole cluster, and lives in no namespace."
        path = (
            ("namespace",) if desired.resource.attributes.get("namespace") is not None else ("manifest", "metadata", "namespace")
        )
        span = desired.span_of(path)
        raise _Mistake(error("Unsupported argument", detail, span, hint="remove the namespace", address=str(desired.address)))
    return None


class _Mistake(DiagnosticError):
    """A mistake in the manifest, not a failure to reach the server."""


def _check(api: Api, kind: Kind, desired: Desired, whole: Attributes) -> str:
    """Holds a manifest against the server's types; why that could not be, empty where it was. Raises DiagnosticError."""
    document = api.discovery.types(kind.api)
    if not describes(document, kind.api, kind.kind):
        return f"it shows none of {kind.kind} in {kind.api} (OpenAPI v3)"
    found = [
        error(p.summary, p.detail, desired.span_of(("manifest", *p.path)), hint=p.hint, address=str(desired.address))
        for p in problems(document, kind.api, kind.kind, whole.get("manifest"))
    ]
    if found:
        raise _Mistake(found)
    return ""


def _at(problem: DiagnosticError, desired: Desired) -> DiagnosticError:
    span = desired.span_of(("manifest", "kind"))
    return DiagnosticError([d.at(span, str(desired.address)) for d in problem.diagnostics])


def _with(desired: Desired, attributes: Attributes) -> Desired:
    return replace(desired, resource=replace(desired.resource, attributes=attributes))
