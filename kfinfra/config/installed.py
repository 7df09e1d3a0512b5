"""Which commit of each repository is used (the lock file), and where its files lie. Reads through the source port only."""

from __future__ import annotations

import hashlib
import posixpath
from collections.abc import Mapping
from dataclasses import dataclass

from kfinfra.config.constants import constant_string
from kfinfra.config.files import Sources
from kfinfra.config.keys import ModulePath
from kfinfra.config.module import Declared
from kfinfra.config.sources import COMMIT, GitSource, SourceError, git_source, is_local, redacted
from kfinfra.diag import Diagnostic, DiagnosticError, SourceText, Span, error, utf8
from kfinfra.hcl.parser import parse

LOCK_FILE = ".kfinfra.lock.hcl"
FOLDER = ".kfinfra/modules"
_HEAD = '# This file is maintained by "kfinfra init". Keep it with the configuration: it says which commits are used.\n'


@dataclass(frozen=True, slots=True)
class Located:
    """A module's folder, relative to the root module's, and that of the repository it lies in (empty: the root's own files)."""

    folder: str
    package: str = ""


def source_span(call: Declared) -> Span:
    """Where a call says what it calls, without the credentials that may stand there."""
    attribute = call.attribute("source")
    span = call.expr_span(attribute.expr) if attribute is not None else call.span
    return span.showing(redacted(span.code))


def wrong_source(call: Declared, detail: str, hint: str = "") -> Diagnostic:
    """An address that cannot be used."""
    return error("Invalid module source address", detail, source_span(call), hint=hint)


def repository(call: Declared, source: str) -> GitSource:
    """The repository that a call names. Raises DiagnosticError."""
    try:
        return git_source(source)
    except SourceError as problem:
        raise DiagnosticError(wrong_source(call, str(problem), problem.hint)) from problem


def beside(call: Declared, source: str, base: Located) -> Located:
    """The folder that a call in `base` names with ./ or ../. Raises DiagnosticError where it leaves its repository."""
    folder = posixpath.normpath(posixpath.join(base.folder, source))
    if base.package and folder != base.package and not folder.startswith(f"{base.package}/"):
        detail = f'"{source}" leads out of the repository that this module lies in.'
        raise DiagnosticError(error("Local module path escapes module package", detail, source_span(call)))
    return Located(folder, base.package)


def place(source: GitSource, commit: str) -> Located:
    """Where a commit of a repository lies."""
    name = hashlib.sha256(redacted(source.url).encode()).hexdigest()[:12]
    package = f"{FOLDER}/{name}-{commit[:12]}"
    return Located(posixpath.join(package, source.subdir) if source.subdir else package, package)


class Installed:
    """Modules as `kfinfra init` left them. Nothing is fetched."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._lock: Mapping[str, str] | None = None

    def __call__(self, call: Declared, source: str, base: Located, path: ModulePath = ()) -> Located:
        """Where the module lies that a call in `base` names. Raises DiagnosticError where it was not installed."""
        if is_local(source):
            return beside(call, source, base)
        wanted = repository(call, source)
        if self._lock is None:
            self._lock = read_lock(self._sources)
        commit = self._lock.get(wanted.key)
        if commit is None:
            raise DiagnosticError(_not_installed(call, f"{LOCK_FILE} pins no commit of {wanted.key}."))
        found = place(wanted, commit)
        try:
            self._sources.list(found.package)
        except OSError:
            raise DiagnosticError(_not_installed(call, f"Commit {commit} of {wanted.key} is not on this machine.")) from None
        return found


def _not_installed(call: Declared, detail: str) -> Diagnostic:
    return error("Module not installed", detail, source_span(call), hint="run: kfinfra init")


def read_lock(sources: Sources) -> dict[str, str]:
    """The commits that are pinned, by `GitSource.key`; none where there is no lock file. Raises DiagnosticError."""
    try:
        source = SourceText(LOCK_FILE, utf8(sources.read(LOCK_FILE), LOCK_FILE))
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise DiagnosticError(error("Cannot read the lock file", f"{LOCK_FILE}: {problem.strerror or problem}.")) from problem
    out: dict[str, str] = {}
    for block in parse(source).blocks:
        declared = Declared(block, source)
        attribute = declared.attribute("commit")
        commit = constant_string(declared, attribute) if attribute is not None else ""
        if block.type != "module" or len(block.labels) != 1 or not COMMIT.fullmatch(commit):
            hint = "delete the file and run kfinfra init, which writes it anew"
            detail = 'An entry is: module "ADDRESS" { commit = "…" }, with all of the commit\'s digits.'
            raise DiagnosticError(error("Invalid lock file", detail, declared.span, hint=hint))
        out[block.labels[0].value] = commit
    return out


def lock_text(commits: Mapping[str, str]) -> str:
    """The lock file's text."""
    return _HEAD + "".join(f'\nmodule "{_quoted(key)}" {{\n  commit = "{commits[key]}"\n}}\n' for key in sorted(commits))


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
