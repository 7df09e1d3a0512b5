"""Mistakes in a pipeline's HCL that show only when its components are known: told at paths, for who knows the places."""

from __future__ import annotations

from collections.abc import Iterable

from kfinfra.model.schema import Problem


class DagError(Exception):
    """The pipeline cannot be compiled; `problems` have paths that begin with `dag`."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.summary}: {p.detail}" for p in self.problems))
