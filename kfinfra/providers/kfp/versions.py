"""The versions of a pipeline: immutable, the newest is the one that runs, old ones pruned.

KFP's latest is the one with the newest second of creation, then the greatest id (GetLatestPipelineVersion); so what is to
run is always uploaded last, under its content's name or that with a counter, and looked at again afterwards.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable, Mapping
from typing import Any

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.ports import Progress, Wait
from kfinfra.providers.kfp import content, translate
from kfinfra.providers.kfp.client import Kfp, named
from kfinfra.providers.kfp.content import Content

Wire = Mapping[str, Any]
OURS = re.compile(r"(v-[0-9a-f]{12,})(-\d+)?")
TRIES = 4


def newest(kfp: Kfp, pipeline_id: str) -> Wire | None:
    """The version that runs."""
    query = {"page_size": "1", "sort_by": "created_at desc"}
    answer = kfp.get("read the newest version", f"/pipelines/{pipeline_id}/versions", **query)
    return next(iter(answer.get("pipeline_versions") or ()), None)


def every(kfp: Kfp, pipeline_id: str) -> list[Wire]:
    """All versions, the newest first."""
    query = {"sort_by": "created_at desc"}
    return list(kfp.pages("list versions", f"/pipelines/{pipeline_id}/versions", "pipeline_versions", **query))


def by_name(kfp: Kfp, pipeline_id: str, name: str) -> Wire | None:
    """The version of that name; else the newest upload of the content that it names."""
    found = _like(kfp, pipeline_id, name)
    exact = next((v for v in found if name_of(v) == name), None)
    return exact or next((v for v in found if content_name(name_of(v)) == name), None)


def _like(kfp: Kfp, pipeline_id: str, name: str) -> list[Wire]:
    """The versions with `name` in their names, the newest first."""
    query = {"sort_by": "created_at desc", "filter": named("name", name, "IS_SUBSTRING")}
    return list(kfp.pages(f'look up the version "{name}"', f"/pipelines/{pipeline_id}/versions", "pipeline_versions", **query))


def name_of(version: Wire) -> str:
    """A version's name; servers before 2.14 tell a display name only."""
    return str(version.get("name") or version.get("display_name"))


def content_name(name: str) -> str:
    """What a version's name says of its content: kfinfra's names without the counter of an upload, others as they are."""
    found = OURS.fullmatch(name)
    return found.group(1) if found else name


def holds(version: Wire | None, wanted: Content, description: str | None) -> bool:
    """Whether the version is what is wanted: the same content under the same description."""
    if version is None or (version.get("description") or None) != description:
        return False
    there = content.on_server(version)
    return there is not None and there.digest == wanted.digest


def ensure(kfp: Kfp, pipeline_id: str, wanted: Content, description: str | None) -> Generator[Wait | Progress, None, Wire]:
    """The newest version that holds what is wanted: the one there is, or a new one. Raises DiagnosticError."""
    latest = newest(kfp, pipeline_id)
    if latest is not None and holds(latest, wanted, description):
        return latest
    for _ in range(TRIES):
        made = _upload(kfp, pipeline_id, wanted, description)
        latest = newest(kfp, pipeline_id)
        if latest is not None and latest["pipeline_version_id"] == made["pipeline_version_id"]:
            return made
        _delete(kfp, made)
        yield Wait(1.1, "another version was made in the same second")
    raise DiagnosticError(
        error(
            "Version is not the newest",
            "Other versions of the pipeline are uploaded at the same time: which one KFP takes for the latest is left to chance.",
            hint="find who else uploads to this pipeline, and apply again",
        )
    )


def _upload(kfp: Kfp, pipeline_id: str, wanted: Content, description: str | None) -> Wire:
    """Uploads under a free name and reads back what the server made of it."""
    name = _free_name(kfp, pipeline_id, wanted.version)
    query = {"pipelineid": pipeline_id, "name": name, **({"description": description} if description else {})}
    made = kfp.upload(f'upload the version "{name}"', "/pipelines/upload_version", wanted.text.encode(), **query)
    identifier = made["pipeline_version_id"]
    stored = kfp.get(f'read the version "{name}" back', f"/pipelines/{pipeline_id}/versions/{identifier}")
    there = content.on_server(stored)
    if there is None or there.digest != wanted.digest:
        _delete(kfp, made)
        raise DiagnosticError(_lost(name, there, wanted))
    return stored


def _lost(name: str, there: Content | None, wanted: Content) -> Diagnostic:
    detail = f'KFP took the version "{name}", but what it kept of it is not what was uploaded'
    if there is not None and wanted.platform and not there.platform:
        detail += ": the settings of its tasks for Kubernetes (the platform document) were dropped without an error"
    hint = "the server may be older than what the pipeline wants of it: compare their versions. The version was deleted again"
    return error("KFP changed the pipeline", f"{detail}.", hint=hint)


def _free_name(kfp: Kfp, pipeline_id: str, base: str) -> str:
    taken = {name_of(v) for v in _like(kfp, pipeline_id, base)}
    name, counter = base, 1
    while name in taken:
        counter += 1
        name = f"{base}-{counter}"
    return name


def prune(kfp: Kfp, pipeline_id: str, keep: int, current: str, runs: Iterable[Wire]) -> None:
    """Deletes kfinfra's older versions beyond `keep`; never one that a recurring run pins, nor one that others uploaded."""
    old = [v for v in every(kfp, pipeline_id) if v["pipeline_version_id"] != current and OURS.fullmatch(name_of(v))]
    surplus = old[keep:]
    pinned = {translate.version_id(run) for run in runs} if surplus else set()
    for version in surplus:
        if version["pipeline_version_id"] not in pinned:
            _delete(kfp, version)


def remove_all(kfp: Kfp, pipeline_id: str) -> Generator[Progress, None, None]:
    """Deletes every version; the server's own cascade may stop halfway."""
    found = every(kfp, pipeline_id)
    for done, version in enumerate(found, 1):
        _delete(kfp, version)
        yield Progress(done, len(found), "versions")


def _delete(kfp: Kfp, version: Wire) -> None:
    path = f"/pipelines/{version['pipeline_id']}/versions/{version['pipeline_version_id']}"
    kfp.delete(f'delete the version "{version.get("name")}"', path)
