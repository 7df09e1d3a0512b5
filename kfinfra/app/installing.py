"""init: the modules of repositories fetched at the commits that the lock file pins, or that are new to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from kfinfra.app import wiring
from kfinfra.app.catalogue import provider_types, resource_types
from kfinfra.app.options import Workplace
from kfinfra.config.files import FolderSources
from kfinfra.config.installed import LOCK_FILE, Located, beside, lock_text, place, read_lock, repository, source_span
from kfinfra.config.keys import ModulePath, prefix
from kfinfra.config.module import Declared
from kfinfra.config.sources import is_local
from kfinfra.config.tree import load_tree
from kfinfra.diag import DiagnosticError, error
from kfinfra.stores.repositories import Repositories


@dataclass
class _Installer:
    """Locates modules as `Installed` does, and fetches what is missing. `pinned` are the commits that are in use.

    What failed is neither tried nor told again: a module that cannot be had raises a DiagnosticError without diagnostics then.
    """

    work: Workplace
    repositories: Repositories
    locked: dict[str, str]
    upgrade: bool
    pinned: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    failed: dict[str, str] = field(default_factory=dict)

    def __call__(self, call: Declared, source: str, base: Located, path: ModulePath = ()) -> Located:
        if is_local(source):
            return beside(call, source, base)
        wanted = repository(call, source)
        if wanted.key in self.failed:
            raise DiagnosticError(())
        try:
            if wanted.key not in self.pinned:
                pin = None if self.upgrade else self.locked.get(wanted.key)
                self.pinned[wanted.key] = pin or self.repositories.commit(wanted)
            commit = self.pinned[wanted.key]
            found = place(wanted, commit)
            if not (self.work.root / found.package).is_dir():
                self.repositories.fetch(wanted, commit, self.work.root / found.package)
        except DiagnosticError as problem:
            known = str(problem) in self.failed.values()
            self.failed[wanted.key] = str(problem)
            raise DiagnosticError([] if known else [d.at(source_span(call)) for d in problem.diagnostics]) from problem
        before = self.locked.get(wanted.key, commit)
        was = f" (was {before[:12]})" if before != commit else ""
        self.told.append(f"- {prefix((*path, call.labels()[0]))[:-1]}: {wanted.key} at {commit[:12]}{was}")
        return found


def install_modules(work: Workplace, upgrade: bool) -> Iterable[str]:
    """Fetches the modules of all repositories and writes the lock file; what was installed, a line each.

    With `upgrade` each ref is asked for anew. Raises DiagnosticError; the lock file is then as it was.
    """
    sources = FolderSources(work.root)
    locked = read_lock(sources)
    installer = _Installer(work, Repositories(work.env), locked, upgrade)
    load_tree(sources, resource_types(), provider_types(), wiring.parse_cache(work), installer)
    if installer.pinned != locked:
        _write(work, lock_text(installer.pinned) if installer.pinned else None)
    return dict.fromkeys(installer.told)


def _write(work: Workplace, text: str | None) -> None:
    path = work.root / LOCK_FILE
    try:
        if text is None:
            path.unlink(missing_ok=True)
            return
        fresh = path.with_name(f"{LOCK_FILE}.new")
        fresh.write_text(text)
        fresh.replace(path)
    except OSError as problem:
        raise DiagnosticError(error("Cannot write the lock file", f"{path}: {problem.strerror or problem}.")) from problem
