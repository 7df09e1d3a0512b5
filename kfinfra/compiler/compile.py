"""A pipeline's source to the package that is uploaded. An unchanged source costs a few digests: no child, no kfp."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from pathlib import Path
from threading import BoundedSemaphore

from kfinfra.compiler.cache import Cache
from kfinfra.compiler.failures import KFP_HINT, failure
from kfinfra.compiler.inputs import file_digest
from kfinfra.compiler.process import run_child
from kfinfra.diag import DiagnosticError, error


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
        key = (relative, function, _version("kfp"), _version("kfp-kubernetes", ""), sys.version)
        kept = self._cache.get(key)
        if kept is not None:
            return kept
        with self._slots:
            request = {"source": relative, "function": function, "ignore": self._ignored()}
            outcome = run_child(self._root, request, self._timeout)
        if outcome.report is None or "yaml" not in outcome.report:
            raise DiagnosticError(failure(outcome, self._root, relative, self._timeout))
        text = str(outcome.report["yaml"])
        self._cache.put(key, text, outcome.report["inputs"])
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
