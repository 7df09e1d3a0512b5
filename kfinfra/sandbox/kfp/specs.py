"""Packages as the server takes them: strict protojson, stored as it writes them itself, a bad platform document dropped.

backend/src/apiserver/template (kubeflow/pipelines 2.17): schemaVersion must be 2.1.0, the pipeline's name is checked, executor
configurations of the platform are looked at only when a run is compiled. What is no pipeline by a strict parse is «unknown
template format», whatever is wrong in it.
"""

from __future__ import annotations

import functools
import importlib.util
import io
import re
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from kfinfra.sandbox.kfp.faults import invalid

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
    """The YAML in an upload: itself, or from a zip or tar.gz `pipeline.yaml`, else the first file. Raises Fault."""
    if len(data) > LARGEST:
        raise invalid(f"File size too large ({len(data)} bytes). Maximum supported size: {LARGEST}")
    if name.endswith((".yaml", ".yml", ".json")):
        return data
    try:
        if data[:2] == b"PK":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                return archive.read(_chosen(archive.namelist()))
        if data[:2] == b"\x1f\x8b":
            with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as tar:
                stream = tar.extractfile(_chosen(tar.getnames()))
                return stream.read() if stream is not None else b""
    except (OSError, EOFError, tarfile.TarError, zipfile.BadZipFile) as problem:
        raise invalid("Error extracting pipeline from the archive file. Not a valid archive") from problem
    raise invalid("Unexpected pipeline file format. Support .zip, .tar.gz, .json or YAML")


def _chosen(names: list[str]) -> str:
    found = "pipeline.yaml" if "pipeline.yaml" in names else next(iter(names), "")
    if not found.endswith((".yaml", ".yml")):
        raise invalid(f"Error extracting pipeline. Expecting a pipeline.yaml file inside the archive. Got: {found}")
    return found


def stored(text: bytes) -> dict[str, Any]:
    """What the server keeps of a package and returns as `pipeline_spec`. Raises Fault."""
    try:
        documents = [d for d in yaml.safe_load_all(text) if d is not None]
    except yaml.YAMLError as problem:
        raise invalid(f"failed to parse pipeline spec YAML: {problem}") from problem
    return stored_documents(documents)


def stored_documents(documents: Sequence[Any]) -> dict[str, Any]:
    """As `stored`, of parsed documents. One that is no pipeline and no kubernetes platform is dropped without a word."""
    maps = [d for d in documents if d is not None]
    if not all(isinstance(d, dict) for d in maps):
        raise invalid("failed to parse pipeline spec YAML: a document is no mapping")
    pipelines = [p for p in map(_pipeline, maps) if p is not None]
    if not pipelines:
        if any(str(d.get("apiVersion", "")).startswith("argoproj.io/") for d in maps):
            raise invalid("V1 pipeline specs are not allowed. Please migrate to using KFP V2 pipelines.")
        raise invalid("unknown template format")
    platforms = [p for p in map(_platform, maps) if p is not None]
    if len(pipelines) > 1 or len(platforms) > 1:
        raise invalid(f"multiple {'pipeline' if len(pipelines) > 1 else 'platform'} specs provided")
    _check(pipelines[0])
    spec = _wire(pipelines[0])
    return {"pipeline_spec": spec, "platform_spec": _wire(platforms[0])} if platforms else spec


def _parsed(document: dict[str, Any], message: Any) -> Any:
    """`document` as `message`, strictly, or None."""
    from google.protobuf import json_format

    try:
        return json_format.ParseDict(document, message)
    except (json_format.ParseError, TypeError):
        return None


def _pipeline(document: dict[str, Any]) -> Any:
    found = _parsed(document, _protos().PipelineSpec())
    return found if found is not None and found.pipeline_info.name and found.HasField("root") else None


def _platform(document: dict[str, Any]) -> Any:
    found = _parsed(document, _protos().PlatformSpec())
    return found if found is not None and "kubernetes" in found.platforms else None


def _check(pipeline: Any) -> None:
    if pipeline.schema_version != "2.1.0":
        version = pipeline.schema_version
        raise invalid(f"KFP only supports schema version 2.1.0, but the pipeline spec has version {version}")
    if not NAME.fullmatch(pipeline.pipeline_info.name):
        raise invalid(
            "pipeline's name must contain only lowercase alphanumeric characters or '-' "
            "and must start with alphanumeric characters"
        )


def _wire(message: Any) -> dict[str, Any]:
    """The message as Go's protojson writes it: defaults dropped, whole numbers without a fraction."""
    from google.protobuf import json_format

    found: dict[str, Any] = _numbers(json_format.MessageToDict(message))
    return found


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {n: _numbers(v) for n, v in value.items()}
    if isinstance(value, list):
        return [_numbers(v) for v in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def documents_of(spec: dict[str, Any]) -> list[Any]:
    """The documents in a request's inline `pipeline_spec`, bare or with its platform."""
    return [spec["pipeline_spec"], spec.get("platform_spec")] if "pipeline_spec" in spec else [spec]


def pipeline_of(spec: dict[str, Any]) -> dict[str, Any]:
    """The PipelineSpec in what is stored."""
    found: dict[str, Any] = spec.get("pipeline_spec", spec)
    return found
