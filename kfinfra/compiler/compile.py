"""A pipeline's source to the package that is uploaded. An unchanged source costs a few digests: no child, no kfp."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from kfinfra.compiler.cache import Cache
from kfinfra.compiler.failures import KFP_HINT, failure
from kfinfra.compiler.fetching import component_text
from kfinfra.compiler.inputs import file_digest
from kfinfra.compiler.process import run_child
from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Plain
from kfinfra.model.schema import Problem
from kfinfra.pipelines.dag.failure import DagError


class Compiler:
    """Compiles sources below `root` (the configuration's folder), keeping packages in `cache`.

    Threads may share it; no more children run at once than there are processors.
    """

    def __init__(self, root: Path, cache: Path, timeout: float = 120.0) -> None:
        self._root, self._timeout = Path(root).resolve(), timeout
        self._cache = Cache(Path(cache).resolve(), self._root)
        self._slots = BoundedSemaphore(os.cpu_count() or 1)

    def compile(self, source: str, function: str | None) -> str:
        """The package (YAML) of the pipeline in `source`, a path relative to the root.

        `function` names the pipeline where the source holds several. Raises DiagnosticError where the source is missing or
        outside the root, raises an exception, takes too long, or holds no such pipeline.
        """
        relative = self._relative(source)
        return self._compiled((relative, function), {"source": relative, "function": function}, relative)

    def compile_dag(self, dag: Mapping[str, Plain], name: str, texts: Mapping[str, str]) -> str:
        """The package (YAML) of a pipeline in HCL (as `pipelines.dag.codec` encodes it), named `name`.

        `texts` are components' YAML from elsewhere, by the component's name. Raises DagError for mistakes in the pipeline,
        DiagnosticError for those in its components' sources.
        """
        request = {"dag": dag, "name": name, "texts": texts}
        return self._compiled(("dag", json.dumps(request, sort_keys=True)), request, f'pipeline "{name}"')

    def component_text(self, url: str, digest: str) -> str:
        """The text of a component that lies at a URL, pinned by its digest. Raises DiagnosticError."""
        return component_text(url, digest, self._cache.folder.parent / "components")

    def _compiled(self, asked: tuple[str | None, ...], request: Mapping[str, Any], what: str) -> str:
        key = (*asked, _version("kfp"), _version("kfp-kubernetes", ""), sys.version)
        kept = self._cache.get(key)
        if kept is not None:
            return kept
        with self._slots:
            outcome = run_child(self._root, {**request, "ignore": self._ignored()}, self._timeout)
        report = outcome.report or {}
        if "problems" in report:
            raise DagError(Problem(tuple(p["path"]), p["summary"], p["detail"], p["hint"]) for p in report["problems"])
        if "yaml" not in report:
            raise DiagnosticError(failure(outcome, self._root, what, self._timeout))
        text = str(report["yaml"])
        self._cache.put(key, text, report["inputs"])
        return text

    def _relative(self, source: str) -> str:
        path = (self._root / source).resolve()
        if not path.is_relative_to(self._root):
            detail = f"{source} is not below the configuration's folder, {self._root}."
            raise DiagnosticError(error("Pipeline source outside the configuration", detail, hint="move the source into it"))
        if not path.is_file() or path.suffix != ".py" or not file_digest(path):
            detail = f"There is no readable Python source {source} below {self._root}."
            raise DiagnosticError(
                error("No such pipeline source", detail, hint="source names a .py file, relative to the folder")
            )
        return str(path.relative_to(self._root))

    def _ignored(self) -> list[str]:
        """Folders whose files are no input of a package: the cache, where it lies below the root."""
        inside = self._cache.folder.is_relative_to(self._root)
        return [str(self._cache.folder.relative_to(self._root))] if inside else []


def _version(name: str, missing: str | None = None) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        if missing is None:
            detail = f"Compiling a pipeline's source needs the Python package {name}, which is not installed."
            raise DiagnosticError(error("kfp is not installed", detail, hint=KFP_HINT)) from None
        return missing
