"""Pipelines: found by name, made without a version so that the first is named by its content too, changed, deleted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.ports import Checkpoint, Observed, Operation, Run
from kfinfra.providers.kfp import content, marks, schedules, translate, versions
from kfinfra.providers.kfp.client import Kfp
from kfinfra.providers.kfp.content import Content
from kfinfra.providers.kfp.failures import Refused

Wire = Mapping[str, Any]
LOCAL = ("source", "package", "function", "keep_versions", "defaults", "override", "dag")
"""What only this machine knows: the server's answer says nothing of it."""


def in_namespace(kfp: Kfp, namespace: str) -> dict[str, Wire]:
    """All pipelines of a namespace, by name."""
    found = kfp.pages("list pipelines", "/pipelines", "pipelines", namespace=namespace)
    return {str(p.get("name") or p.get("display_name")): p for p in found}


def by_name(kfp: Kfp, namespace: str, name: str) -> Wire | None:
    """The pipeline of that name."""
    query = {"namespace": namespace} if namespace else {}
    return kfp.find(f'look up the pipeline "{name}"', f"/pipelines/names/{quote(name, safe='')}", **query)


def observed(kfp: Kfp, found: Wire | None, identity: Attributes, recorded: Attributes) -> tuple[Observed, Mapping[str, str]]:
    """A pipeline as it is, with its newest version, and the sources of its tasks.

    KFP has no list of versions over pipelines: one call each.
    """
    if found is None:
        return Observed(None), {}
    owner = marks.split(found.get("description"))[1]
    newest = versions.newest(kfp, str(found["pipeline_id"]))
    there = content.on_server(newest) if newest is not None else None
    local = {name: recorded.get(name) for name in LOCAL}
    attributes = {**identity, **local, **translate.pipeline(found), **_told(newest, there, recorded)}
    return Observed(attributes, owner=owner), there.sources if there is not None else {}


def _told(newest: Wire | None, there: Content | None, recorded: Attributes) -> dict[str, Plain]:
    """What the newest version tells. A summary that was recorded for the same content is kept."""
    nothing: dict[str, Plain] = dict.fromkeys(("description", "version_id", "version", "digest", "tasks", "parameters"))
    if newest is None:
        return nothing
    told: dict[str, Plain] = {
        "description": newest.get("description") or None,
        "version_id": str(newest["pipeline_version_id"]),
        "version": versions.content_name(versions.name_of(newest)),
    }
    if there is None:
        return {**nothing, **told}
    if recorded.get("digest") == there.digest:
        return {**told, "digest": there.digest, "tasks": recorded.get("tasks"), "parameters": recorded.get("parameters")}
    return {**told, "digest": there.digest, "tasks": there.tasks, "parameters": there.parameters}


def create(kfp: Kfp, operation: Operation, wanted: Content) -> Run:
    """Makes the pipeline, then its first version; one that bears our mark already is taken over."""
    desired, name = operation.desired, str(operation.desired["name"])
    namespace = kfp.place(desired.get("namespace"), f'the pipeline "{name}"')
    found = by_name(kfp, namespace, name) or _make(kfp, operation, namespace)
    if marks.split(found.get("description"))[1] != operation.owner:
        detail = f'A pipeline "{name}" exists in {namespace or "KFP"}, and was not made by this configuration.'
        raise DiagnosticError(error("Pipeline already exists", detail, hint="choose another name, or import it"))
    identifier = str(found["pipeline_id"])
    unfinished = {n: v for n, v in desired.items() if n not in ("version", "digest", "tasks", "parameters")}
    yield Checkpoint({**unfinished, "id": identifier})
    return (yield from _bring(kfp, operation, identifier, found, wanted))


def _make(kfp: Kfp, operation: Operation, namespace: str) -> Wire:
    desired, name = operation.desired, str(operation.desired["name"])
    body = {
        "name": name,
        "display_name": desired.get("display_name") or name,
        "description": marks.marked("Managed by kfinfra; its versions have descriptions of their own.", operation.owner),
        "namespace": namespace,
    }
    try:
        return kfp.post(f'create the pipeline "{name}"', "/pipelines", body)
    except Refused as problem:
        found = by_name(kfp, namespace, name) if problem.status == 409 else None  # 409 is not always "exists already"
        if found is None:
            raise
        return found


def update(kfp: Kfp, operation: Operation, wanted: Content) -> Run:
    """Uploads content that is not the newest, changes the display name, prunes."""
    identifier = str(operation.prior["id"])
    found = kfp.get(f'read the pipeline "{operation.desired["name"]}"', f"/pipelines/{identifier}")
    return (yield from _bring(kfp, operation, identifier, found, wanted))


def _bring(kfp: Kfp, operation: Operation, identifier: str, found: Wire, wanted: Content) -> Run:
    desired, name = operation.desired, str(operation.desired["name"])
    title = str(desired.get("display_name") or name)
    if translate.pipeline(found)["display_name"] != title:
        kfp.patch(f'rename the pipeline "{name}"', f"/pipelines/{identifier}", {"display_name": title})
    description = desired.get("description")
    version = yield from versions.ensure(kfp, identifier, wanted, str(description) if description else None)
    done: dict[str, Plain] = {
        **desired,
        "id": identifier,
        "display_name": title,
        "version_id": str(version["pipeline_version_id"]),
        "version": wanted.version,
        "digest": wanted.digest,
        "tasks": wanted.tasks,
        "parameters": wanted.parameters,
    }
    yield Checkpoint(done)
    keep = desired.get("keep_versions")
    runs = _runs_of(kfp, desired.get("namespace"), name, identifier)
    versions.prune(kfp, identifier, int(keep) if isinstance(keep, int | float) else 10, str(done["version_id"]), runs)
    return done


def _runs_of(kfp: Kfp, namespace: Plain, name: str, identifier: str) -> Iterator[Wire]:
    """The recurring runs of a pipeline's namespace that use it; asked for when they are looked at."""
    place = kfp.place(namespace, f'the pipeline "{name}"')
    yield from (run for run in schedules.in_namespace(kfp, place) if translate.pipeline_id(run) == identifier)


def delete(kfp: Kfp, operation: Operation) -> Run:
    """Deletes the versions, then the pipeline; not while recurring runs that this state knows nothing of use it."""
    prior, name = operation.prior, str(operation.prior.get("name"))
    identifier = str(prior.get("id") or "")
    if not identifier or kfp.find(f'look up the pipeline "{name}"', f"/pipelines/{identifier}") is None:
        return {}
    own = marks.lineage(operation.owner)
    runs = _runs_of(kfp, prior.get("namespace"), name, identifier)
    foreign = [r for r in runs if marks.lineage(marks.split(r.get("description"))[1] or "") != own]
    if foreign:
        raise DiagnosticError(_in_use(name, foreign))
    yield from versions.remove_all(kfp, identifier)
    kfp.delete(f'delete the pipeline "{name}"', f"/pipelines/{identifier}", cascade="true")
    return {}


def _in_use(name: str, runs: list[Wire]) -> Diagnostic:
    used = ", ".join(f'"{r.get("display_name")}" ({r["recurring_run_id"]})' for r in runs)
    detail = (
        f'The pipeline "{name}" is used by recurring runs that this state does not know: {used}. They would fail from then on.'
    )
    return error("Pipeline is in use", detail, hint="delete these recurring runs first, or import them")
