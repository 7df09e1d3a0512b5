"""Mistakes in a pipeline's HCL that show only when its components are known: told at paths, for who knows the places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from kfinfra.diag import Diagnostic, DiagnosticError
from kfinfra.model.plain import Path
from kfinfra.model.schema import Problem


class DagError(Exception):
    """The pipeline cannot be compiled; `problems` have paths that begin with `dag`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.summary}: {p.detail}" for p in self.problems))


class SettingsError(DiagnosticError):
    """Settings that no task can have; `paths` tell for each diagnostic where in the resource they are written."""

    def __init__(self, found: Sequence[tuple[Path, Diagnostic]]) -> None:
        super().__init__(diagnostic for _, diagnostic in found)
        self.paths = tuple(path for path, _ in found)
