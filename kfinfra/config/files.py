"""A folder's configuration files: read through a source port, parsed, their errors collected. The only I/O is the port's."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from kfinfra.config.shapes import VALUES
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, error, utf8
from kfinfra.hcl.cache import ParseCache
from kfinfra.hcl.nodes import Body
from kfinfra.hcl.parser import parse, parse_json
from kfinfra.hcl.shape import Shape

SUFFIXES = (".hcl", ".hcl.json")
VAR_FILES = ("kfinfra.kfvars", "kfinfra.kfvars.json")
AUTO_SUFFIXES = (".auto.kfvars", ".auto.kfvars.json")


class Sources(Protocol):
    """How config reads files: names relative to the root module's folder."""

    def list(self, folder: str) -> tuple[str, ...]:
        """The names of the files in `folder`, sorted. Raises OSError."""
        ...

    def read(self, name: str) -> bytes:
        """A regular file's content. Raises OSError."""
        ...

    def read_named(self, name: str) -> bytes:
        """The content of a file that the command line names, which may be a pipe: `-var-file=<(…)`. Raises OSError."""
        ...

    @property
    def location(self) -> str:
        """The root module's folder, absolute."""
        ...

    def walk(self, folder: str, depth: int | None) -> Iterable[str]:
        """The names, relative to `folder`, of all files in it and in at most `depth` levels of folders beneath."""
        ...


def read_file(path: Path) -> bytes:
    """A file's content. Raises OSError, for what is no regular file too: a pipe or a device may never come to its end."""
    with open(path, "rb", opener=_without_waiting) as stream:
        if not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return stream.read()


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


class FolderSources:
    """Sources in a real folder."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def list(self, folder: str) -> tuple[str, ...]:
        """The names in `folder` that are no folders, sorted: a link that leads nowhere is told when it is read."""
        return tuple(sorted(p.name for p in (self.root / folder).iterdir() if not p.is_dir()))

    def read(self, name: str) -> bytes:
        """A file's content."""
        return read_file(self.root / name)

    def read_named(self, name: str) -> bytes:
        """The content of a file that the command line names."""
        return (self.root / name).read_bytes()

    @property
    def location(self) -> str:
        """The root module's folder, absolute."""
        return os.path.abspath(self.root)

    def walk(self, folder: str, depth: int | None) -> Iterator[str]:
        """The names, relative to `folder`, of all files in it and in at most `depth` levels of folders beneath."""
        top = self.root / folder
        for here, folders, names in os.walk(top):
            inside = os.path.relpath(here, top)
            if (depth is not None and inside != "." and inside.count("/") + 1 >= depth) or depth == 0:
                folders.clear()
            for name in names:
                if (Path(here) / name).is_file():
                    yield name if inside == "." else f"{inside}/{name}"


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


# What may hold a secret is parsed each time where the user has no key: a tree's name would let passwords be tried out.
_MAY_HOLD_SECRETS = re.compile(r'^\s*(secret|provider)\s+"|\b(sensitive|ephemeral)\b|"(secret|provider)"', re.MULTILINE)


def may_hold_secrets(text: str) -> bool:
    """Whether a secret may stand in the text in plain words."""
    words = "secret" in text or "provider" in text or "sensitive" in text or "ephemeral" in text
    return words and _MAY_HOLD_SECRETS.search(text) is not None


def parse_file(source: SourceText, cache: ParseCache | None, shape: Shape, values: bool = False) -> Body:
    """A file's body: in JSON syntax where its name ends in .json, with the blocks that `shape` says. Raises DiagnosticError.

    `values`: it is a var file, which is as good as secret.
    """
    if cache is not None and not cache.key and (values or may_hold_secrets(source.text)):
        cache = None
    return parse_json(source, shape, cache) if source.filename.endswith(".json") else parse(source, cache)


def parse_module(sources: Sources, cache: ParseCache | None, shape: Shape, folder: str = ".") -> ParsedModule:
    """The module in `folder`; var files are the root's only. Raises DiagnosticError with the errors of all files."""
    try:
        names = sources.list(folder)
    except OSError as problem:
        raise DiagnosticError(error("Cannot read the configuration", f"{problem.strerror or problem}.")) from problem
    wanted = [n for n in names if n.endswith(SUFFIXES) and not n.startswith(".")]
    if not wanted:
        detail = "The folder holds no file that ends in .hcl or .hcl.json."
        if any(n.endswith((".tf", ".tf.json")) for n in names):
            detail += " What ends in .tf is Terraform's, and is not read."
        hint = "use -C DIR to name another folder, or `kfinfra init --new DIR` to begin one"
        raise DiagnosticError(error("No configuration files", detail, hint=hint))
    variables = [n for n in VAR_FILES if n in names] + [n for n in names if n.endswith(AUTO_SUFFIXES)]
    if folder != ".":
        wanted, variables = [f"{folder}/{n}" for n in wanted], []
    digest = hashlib.sha256()
    errors: list[Diagnostic] = []
    parsed: dict[str, ParsedFile] = {}
    for name in wanted + variables:
        try:
            text = read_text(sources.read, name)
            digest.update(f"{name}\0{len(text)}\0{text}".encode())
            source = SourceText(name, text)
            body = parse_file(source, cache, shape) if name in wanted else parse_file(source, cache, VALUES, values=True)
            parsed[name] = ParsedFile(source, body)
        except DiagnosticError as problem:
            errors.extend(problem.diagnostics)
    if errors:
        raise DiagnosticError(sorted(errors, key=Diagnostic.order))
    return ParsedModule(tuple(parsed[n] for n in wanted), digest.hexdigest(), {n: parsed[n] for n in variables})


def read_text(read: Callable[[str], bytes], name: str) -> str:
    """A file's text, of `Sources.read` or `.read_named`. Raises DiagnosticError when it cannot be read or is not UTF-8."""
    try:
        return utf8(read(name), name)
    except OSError as problem:
        raise DiagnosticError(error("Cannot read a file", f"{name}: {problem.strerror or problem}.")) from problem
