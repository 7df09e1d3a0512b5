"""The two upload handlers, which answer on their own: vague words for most failures, plain text for some.

Facts: apiserver/server/pipeline_upload_server.go of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from kfinfra.sandbox.kfp import specs
from kfinfra.sandbox.kfp.faults import Fault, RefusedUpload
from kfinfra.sandbox.kfp.tables import Wire, check_tags
from kfinfra.sandbox.kfp.world import World

_VERSION = "Failed to create a pipeline version"
_PIPELINE = "Failed to create a pipeline and a pipeline version"


def upload_pipeline(here: World, query: Mapping[str, str], file: str, data: bytes | None) -> Wire:
    """A pipeline and a version of its name. Raises RefusedUpload."""
    if data is None:
        raise RefusedUpload("Failed to read pipeline from file")
    text = _package(file, data, "Failed to read a pipeline spec file")
    _short("Pipeline.Namespace", query.get("namespace", ""), 63)
    try:
        here.place(query.get("namespace"))
    except Fault as problem:
        raise RefusedUpload(problem.inner, plain=True) from problem
    given = _given(query, file)
    _short("Pipeline.Name", given["name"], 128)
    return _answered(_PIPELINE, lambda: here.create_with_version(_checked(given), specs.stored(text)))


def upload_version(here: World, query: Mapping[str, str], file: str, data: bytes | None) -> Wire:
    """A version of the pipeline that `pipelineid` names. Raises RefusedUpload."""
    pipeline = query.get("pipelineid", "")
    if data is None:
        raise RefusedUpload(_VERSION)
    text = _package(file, data, _VERSION)
    if not pipeline:
        raise RefusedUpload(_VERSION)
    name = query.get("name") or query.get("display_name") or file
    _short("PipelineVersion.Name", name, 127)
    if pipeline not in here.pipelines:
        raise RefusedUpload(_VERSION)
    given = _given(query, file)
    return _answered(_VERSION, lambda: here.create_version(pipeline, _checked(given), specs.stored(text)))


def _package(file: str, data: bytes, vague: str) -> bytes:
    try:
        return specs.unpacked(file, data)
    except Fault as problem:
        raise RefusedUpload(vague) from problem


def _short(field: str, value: str, most: int) -> None:
    if len(value.encode()) > most:
        raise RefusedUpload(f"Invalid input error: {field} length cannot exceed {most}", plain=True)


def _given(query: Mapping[str, str], file: str) -> Wire:
    """What the query says; the file's name stands in for a missing one."""
    names = ("display_name", "description", "namespace", "code_source_url")
    name = query.get("name") or query.get("display_name") or file
    return {n: query.get(n, "") for n in names} | {"name": name, "tags": _tags(query.get("tags", ""))}


def _tags(text: str) -> Any:
    if not text:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = text
    if not isinstance(found, dict) or not all(isinstance(v, str) for v in found.values()):
        raise RefusedUpload("Failed to parse tags query parameter. Expected JSON object with string keys and values")
    return found


def _checked(given: Wire) -> Wire:
    check_tags(given["tags"])
    return given


def _answered(vague: str, make: Callable[[], Wire]) -> Wire:
    """A duplicate is a 409, an invalid argument says what is wrong, anything else is a vague 500."""
    try:
        return make()
    except Fault as problem:
        if problem.kind == "InvalidArgument":
            raise RefusedUpload(problem.message) from problem
        raise RefusedUpload(vague, 409 if problem.kind == "AlreadyExists" else 500) from problem
