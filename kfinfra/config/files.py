"""A folder's configuration files: read through a source port, parsed, their errors collected. The only I/O is the port's."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, error
from kfinfra.hcl.nodes import Body
from kfinfra.hcl.parser import parse

VAR_FILE = "kfinfra.kfvars"


class Sources(Protocol):
    """How config reads files: names relative to the root module's folder."""

    def list(self, folder: str) -> tuple[str, ...]:
        """The names of the files in `folder`, sorted. Raises OSError."""
        ...

    def read(self, name: str) -> bytes:
        """A file's content. Raises OSError."""
        ...


class FolderSources:
    """Sources in a real folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self, folder: str) -> tuple[str, ...]:
        """The names of the files in `folder`, sorted."""
        return tuple(sorted(p.name for p in (self.root / folder).iterdir() if p.is_file()))

    def read(self, name: str) -> bytes:
        """A file's content."""
        return (self.root / name).read_bytes()


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """One file: its text and its syntax tree."""

    source: SourceText
    body: Body


@dataclass(frozen=True, slots=True)
class ParsedModule:
    """All files of a module; `digest` is that of their names and texts."""

    files: tuple[ParsedFile, ...]
    digest: str
    var_files: Mapping[str, ParsedFile]


# What may hold a secret in plain text is parsed each time, and its tree is never kept; nor is a var file's.
_MAY_HOLD_SECRETS = re.compile(r'^\s*(secret|provider)\s+"|\bsensitive\b', re.MULTILINE)


def parse_module(sources: Sources, cache: Path | None) -> ParsedModule:
    """The module in the root folder. Raises DiagnosticError with the errors of all files."""
    try:
        names = sources.list(".")
    except OSError as problem:
        raise DiagnosticError(error("Cannot read the configuration", f"{problem.strerror or problem}.")) from problem
    wanted = [n for n in names if n.endswith(".hcl") and not n.startswith(".")]
    if not wanted:
        raise DiagnosticError(
            error(
                "No configuration files",
                "The folder holds no file that ends in .hcl.",
                hint="use -C DIR to name another folder, or `kfinfra init --new DIR` to begin one",
            )
        )
    variables = [n for n in names if n == VAR_FILE] + [n for n in names if n.endswith(".auto.kfvars")]
    digest = hashlib.sha256()
    errors: list[Diagnostic] = []
    parsed: dict[str, ParsedFile] = {}
    for name in wanted + variables:
        try:
            text = read_text(sources, name)
            digest.update(f"{name}\0{len(text)}\0{text}".encode())
            source = SourceText(name, text)
            keeps = name in wanted and not _MAY_HOLD_SECRETS.search(text)
            parsed[name] = ParsedFile(source, parse(source, cache if keeps else None))
        except DiagnosticError as problem:
            errors.extend(problem.diagnostics)
    if errors:
        raise DiagnosticError(sorted(errors, key=Diagnostic.order))
    return ParsedModule(tuple(parsed[n] for n in wanted), digest.hexdigest(), {n: parsed[n] for n in variables})


def read_text(sources: Sources, name: str) -> str:
    """A file's text. Raises DiagnosticError when it cannot be read or is not UTF-8."""
    try:
        return sources.read(name).decode("utf-8")
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a file", f"{name}: {problem.strerror or problem}.")) from problem
    except UnicodeDecodeError as problem:
        raise DiagnosticError(
            error("Invalid character encoding", f"{name} is not UTF-8 (byte {problem.start}).", hint="save the file as UTF-8")
        ) from problem
