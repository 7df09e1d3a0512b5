"""Packages as the server takes them: strict protojson, stored as it writes them itself, a bad platform document dropped.

backend/src/apiserver/template (kubeflow/pipelines 2.17): schemaVersion must be 2.1.0, the pipeline's name is checked, executor
configurations of the platform are looked at only when a run is compiled.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import re
import tarfile
import zipfile
from pathlib import Path
from typing import Any

import yaml

from kfinfra.sandbox.kfp.faults import Fault, invalid

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,127}")
LARGEST = 32 << 20


@functools.cache
def _protos() -> Any:
    """kfp's generated messages, without the 2.5 s that importing kfp takes."""
    package = importlib.util.find_spec("kfp")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("kfp is not installed")
    path = Path(package.origin).parent / "pipeline_spec" / "pipeline_spec_pb2.py"
    spec = importlib.util.spec_from_file_location("kfinfra_pipeline_spec_pb2", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def unpacked(name: str, data: bytes) -> bytes:
    """The YAML in an upload: itself, or the first file of a zip or tar.gz. Raises Fault."""
    if len(data) > LARGEST:
        raise invalid("File size too large. Maximum supported size: 32 MB")
    try:
        if data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return archive.read(archive.namelist()[0])
        if data[:2] == b"\x1f\x8b":
            with tarfile.open(fileobj=io.BytesIO(data)) as tar:
                stream = tar.extractfile(tar.getmembers()[0])
                return stream.read() if stream is not None else b""
    except (OSError, ValueError, IndexError, tarfile.TarError, zipfile.BadZipFile) as problem:
        raise invalid("Error extracting pipeline from the archive file") from problem
    if not name.endswith((".yaml", ".yml", ".json")):
        raise invalid(f"Unexpected pipeline file format. Support .zip, .tar.gz, .json or YAML: {name}")
    return data


def stored(text: bytes) -> dict[str, Any]:
    """What the server keeps and returns as `pipeline_spec`. Raises Fault."""
    from google.protobuf import json_format

    pipeline: Any = None
    platform: Any = None
    for document in _documents(text):
        if "platforms" in document:
            platform = _platform(document)
            continue
        try:
            pipeline = json_format.ParseDict(document, _protos().PipelineSpec())
        except json_format.ParseError as problem:
            raise invalid(f"invalid v2 pipeline spec: {problem}") from problem
    if pipeline is None:
        raise invalid("unknown template format: pipeline spec is invalid")
    if pipeline.schema_version != "2.1.0":
        raise invalid("Currently only supports schemaVersion 2.1.0")
    if not NAME.fullmatch(pipeline.pipeline_info.name):
        raise invalid(f'Pipeline name "{pipeline.pipeline_info.name}" is invalid: pipeline\'s name must match {NAME.pattern}')
    if not pipeline.HasField("root"):
        raise invalid("Pipeline spec's root component is empty")
    spec: dict[str, Any] = json_format.MessageToDict(pipeline)
    return {"pipeline_spec": spec, "platform_spec": platform} if platform is not None else spec


def _documents(text: bytes) -> list[dict[str, Any]]:
    try:
        found = [d for d in yaml.safe_load_all(text) if d is not None]
    except yaml.YAMLError as problem:
        raise invalid("unknown template format: pipeline spec is invalid") from problem
    if not found or not all(isinstance(d, dict) for d in found):
        raise invalid("unknown template format: pipeline spec is invalid")
    return found


def _platform(document: dict[str, Any]) -> dict[str, Any] | None:
    """The platform document as it is stored; one that does not parse, or has no kubernetes platform, is dropped silently."""
    from google.protobuf import json_format

    try:
        parsed = json_format.ParseDict(document, _protos().PlatformSpec())
    except json_format.ParseError:
        return None
    if "kubernetes" not in parsed.platforms:
        return None
    found: dict[str, Any] = json_format.MessageToDict(parsed)
    return found


def pipeline_of(spec: dict[str, Any]) -> dict[str, Any]:
    """The PipelineSpec in what is stored."""
    found: dict[str, Any] = spec.get("pipeline_spec", spec)
    return found


_TYPES: dict[str, tuple[type, ...]] = {
    "STRING": (str,),
    "BOOLEAN": (bool,),
    "NUMBER_DOUBLE": (int, float),
    "NUMBER_INTEGER": (int, float),
    "LIST": (list,),
    "STRUCT": (dict,),
    "TASK_FINAL_STATUS": (dict,),
}


def check_parameters(spec: dict[str, Any], given: dict[str, Any]) -> None:
    """A run's parameters against the pipeline's: missing, extra or wrongly typed ones are refused. Raises Fault."""
    wanted = pipeline_of(spec).get("root", {}).get("inputDefinitions", {}).get("parameters", {})
    for name in given:
        if name not in wanted:
            raise invalid(f"parameter {name} is not found in the input definitions of the pipeline")
    for name, definition in wanted.items():
        if name not in given:
            if "defaultValue" not in definition and not definition.get("isOptional"):
                raise invalid(f"parameter {name} is not optional, yet has neither a default value nor a user provided one")
            continue
        value, kind = given[name], definition.get("parameterType", "STRING")
        fits = isinstance(value, _TYPES.get(kind, (object,))) and isinstance(value, bool) == (kind == "BOOLEAN")
        if value is not None and not (fits and (kind != "NUMBER_INTEGER" or value == int(value))):
            raise invalid(f"input parameter {name} requires type {kind.lower()}, but the parameter value is not of it")


def refused_upload(problem: Fault) -> dict[str, str]:
    """The upload handlers' own error body."""
    return {"error_message": problem.message, "error_details": f"Failed to upload: {problem.message}"}
