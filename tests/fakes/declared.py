"""Pipelines in HCL compiled in this process: kfp is imported once for many, where the program starts a child for each."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from kfinfra.app.catalogue import provider_types, resource_types
from kfinfra.app.validation import as_planned
from kfinfra.compiler.child import declared
from kfinfra.config.files import FolderSources
from kfinfra.config.loading import load
from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.resource import Desired
from kfinfra.pipelines.dag.failure import DagError, SettingsError
from kfinfra.pipelines.origin import origin
from kfinfra.pipelines.package import Package, parse_package
from kfinfra.providers.kfp import content


class InProcess:
    """The compiler's port without its child process."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def compile(self, source: str, function: str | None) -> str:
        from kfinfra.compiler.child import _written

        return written_out(_written({"source": source, "function": function}, self.root))

    def compile_dag(self, dag: Mapping[str, Plain], name: str, texts: Mapping[str, str]) -> str:
        return written_out(declared({"dag": dag, "name": name, "texts": texts}, self.root))

    def component_text(self, url: str, digest: str) -> str:
        raise NotImplementedError(url)


def written_out(pipeline: object) -> str:
    """What kfp's compiler writes of a pipeline."""
    from kfp import compiler

    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "package.yaml")
        compiler.Compiler().compile(pipeline_func=pipeline, package_path=str(package))
        return package.read_text("utf-8")


def pipelines_in(folder: Path) -> dict[str, Desired]:
    """The pipelines that the configuration in `folder` declares, by name; what a server would tell is not known."""
    config = load(FolderSources(folder), resource_types(), provider_types(), {})
    found: dict[str, Desired] = {}
    for block in config.order:
        for desired in config.instances(block):
            config.settle(as_planned(desired, config.types[desired.address.type]))
            if desired.address.type == "pipeline":
                found[str(desired.resource.attributes["name"])] = desired
    return found


def package_of(attributes: Attributes, folder: Path) -> Package:
    """The package of a pipeline's attributes."""
    return parse_package(content.load(origin(attributes), folder, InProcess(folder)).text, "declared")


def mistakes_in(folder: Path) -> list[Diagnostic]:
    """What is wrong with the pipelines in `folder`, as plan would tell."""
    try:
        for desired in pipelines_in(folder).values():
            try:
                package_of(desired.resource.attributes, folder)
            except SettingsError as problem:
                placed = zip(problem.paths, problem.diagnostics, strict=True)
                return [replace(d, span=desired.span_of(path)) for path, d in placed]
            except DagError as problem:
                return [error(p.summary, p.detail, desired.span_of(p.path), hint=p.hint) for p in problem.problems]
    except DiagnosticError as problem:
        return list(problem.diagnostics)
    return []
