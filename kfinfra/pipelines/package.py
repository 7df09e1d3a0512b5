"""A compiled pipeline in hand: the one value that compiler, overrides, digest and provider pass to each other.

Pure: it is made from text, from a file's bytes or from what a server returned, and becomes the text that is uploaded.
"""

from __future__ import annotations

import io
import json
import tarfile
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from kfinfra.diag import Diagnostic, DiagnosticError, error, first_bad_byte
from kfinfra.model.plain import Plain
from kfinfra.pipelines.yamltext import dump_documents, load_documents

_SPEC_KEYS = ("pipelineInfo", "pipeline_info", "root", "components", "deploymentSpec", "deployment_spec", "schemaVersion")
MAX_BYTES = 32 * 1024 * 1024
"""The server's own limit for an upload, also for what an archive unpacks to."""


@dataclass(frozen=True, slots=True)
class Package:
    """A compiled pipeline: the PipelineSpec, and the PlatformSpec where there is one, both shaped like JSON."""

    spec: Mapping[str, Plain]
    platform: Mapping[str, Plain] | None


def parse_package(text: str, where: str) -> Package:
    """The package in `text`: YAML of one or two documents, or JSON.

    Raises DiagnosticError for what is no YAML, holds no PipelineSpec, more than one, or a document that the server would
    drop without a word (it reads only a PlatformSpec for `kubernetes` besides: apiserver/template/v2_template.go).
    """
    specs: list[Mapping[str, Plain]] = []
    platforms: list[Mapping[str, Plain]] = []
    for document in load_documents(text, where):
        if not isinstance(document, Mapping):
            raise DiagnosticError(_invalid(where, "a document in it is no object"))
        if document.get("kind") == "Workflow" and str(document.get("apiVersion", "")).startswith("argoproj.io/"):
            hint = "compile the pipeline with kfp 2.16 or later"
            raise DiagnosticError(_invalid(where, "it is an Argo Workflow, as kfp v1 compiled them", hint))
        if "platforms" in document:
            platforms.append(cast("Mapping[str, Plain]", document))
        elif any(key in document for key in _SPEC_KEYS):
            specs.append(cast("Mapping[str, Plain]", document))
        else:
            keys = ", ".join(map(str, list(document)[:5])) or "nothing"
            raise DiagnosticError(
                _invalid(where, f"a document in it is neither a PipelineSpec nor a PlatformSpec; it has {keys}")
            )
    if len(specs) != 1 or len(platforms) > 1:
        found = "no PipelineSpec" if not specs else f"{len(specs)} PipelineSpecs and {len(platforms)} PlatformSpecs"
        raise DiagnosticError(_invalid(where, f"it holds {found}", "kfp.compiler.Compiler().compile(…) writes such a file"))
    return Package(specs[0], platforms[0] if platforms else None)


def parse_content(content: bytes, where: str) -> Package:
    """The package in a file's bytes: YAML, JSON, or a zip or tar.gz that holds exactly one such file.

    Raises DiagnosticError as `parse_package` does, and for archives that are broken, empty, ambiguous or too large.
    """
    try:
        if content[:2] == b"PK":
            content = _from_zip(content)
        elif content[:2] == b"\x1f\x8b":
            content = _from_tar(content)
        if len(content) > MAX_BYTES:
            raise ValueError("it is larger than 32 MiB, the most that KFP takes")
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise DiagnosticError(_invalid(where, f"it is no text in UTF-8 ({first_bad_byte(content, problem)})")) from None
    except (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError) as problem:
        raise DiagnosticError(_invalid(where, f"the archive cannot be read: {problem}")) from None
    except ValueError as problem:
        raise DiagnosticError(_invalid(where, str(problem))) from None
    return parse_package(text, where)


def from_server(pipeline_spec: object) -> Package:
    """The package in a version's `pipeline_spec` as KFP returns it: bare, or beside its `platform_spec`.

    Raises DiagnosticError where the answer is neither.
    """
    if isinstance(pipeline_spec, str):
        pipeline_spec = json.loads(pipeline_spec)
    if not isinstance(pipeline_spec, Mapping):
        raise DiagnosticError(_invalid("the server's answer", "the version has no pipeline_spec"))
    for spec, platform in (("pipeline_spec", "platform_spec"), ("pipelineSpec", "platformSpec")):
        inner = pipeline_spec.get(spec)
        if isinstance(inner, Mapping):
            beside = pipeline_spec.get(platform)
            return Package(inner, beside if isinstance(beside, Mapping) else None)
    return Package(cast("Mapping[str, Plain]", pipeline_spec), None)


def to_yaml(package: Package) -> str:
    """The text that is uploaded: the PipelineSpec, then the PlatformSpec where there is one."""
    return dump_documents([package.spec] if package.platform is None else [package.spec, package.platform])


def _invalid(where: str, why: str, hint: str = "") -> Diagnostic:
    return error("Invalid pipeline package", f"{where} is no compiled pipeline: {why}.", hint=hint)


def _from_zip(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        files = [i for i in archive.infolist() if not i.is_dir()]
        inside = _only([i.filename for i in files])
        if archive.getinfo(inside).file_size > MAX_BYTES:
            raise ValueError("it is larger than 32 MiB, the most that KFP takes")
        return archive.read(inside)


def _from_tar(content: bytes) -> bytes:
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:gz") as archive:
        files = [m for m in archive.getmembers() if m.isfile()]
        inside = archive.extractfile(_only([m.name for m in files]))
        return inside.read(MAX_BYTES + 1) if inside is not None else b""


def _only(names: list[str]) -> str:
    if len(names) != 1:
        raise ValueError(f"the archive holds {len(names)} files ({', '.join(names[:4])}); one compiled pipeline is wanted")
    return names[0]
