"""init: a working folder made ready, or a new configuration to begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from kfinfra.app import wiring
from kfinfra.app.backend_config import remember, remembered
from kfinfra.app.backends import Copy, ensure_unchanged, keep, migrate, previous, shown, told
from kfinfra.app.installing import install_modules
from kfinfra.app.options import Workplace
from kfinfra.app.reading import configuration
from kfinfra.app.validation import validate
from kfinfra.config.backend_given import completed, read_given
from kfinfra.config.backends import Backend
from kfinfra.config.files import FolderSources
from kfinfra.config.settings import Settings
from kfinfra.diag import DiagnosticError, Severity, error
from kfinfra.model.plain import Attributes
from kfinfra.state.store import Workspaces

_MAIN = """\
kfinfra {
  required_version = ">= 0.1"
}

variable "team" {
  type    = string
  default = "ml"
}

s3_bucket "artifacts" {
  name       = "acme-${var.team}-artifacts"
  versioning = true
}

output "bucket" {
  value = s3_bucket.artifacts.name
}
"""


@dataclass(frozen=True, slots=True)
class InitOptions:
    """What init was told to do.

    `upgrade`: each module's ref is asked for anew. `backend`: the state's place is looked at. Of a place that changed: with
    `migrate` the states are copied if `may` agrees, with `reconfigure` those at the new place are used. `backend_config` are
    arguments for the backend (NAME=VALUE, or a file's name), which win over its block and are kept.
    """

    upgrade: bool = False
    backend: bool = True
    migrate: bool = False
    reconfigure: bool = False
    may: Callable[[str], bool] = lambda question: False
    var_inputs: tuple[tuple[str, str], ...] = ()
    lock_timeout: float = 0.0
    backend_config: tuple[str, ...] = ()


def initialize(work: Workplace, options: InitOptions) -> tuple[str, ...]:
    """Makes the data folder, fetches the modules, checks the configuration, and settles where the state lies.

    Raises DiagnosticError where the configuration has errors, a module cannot be fetched, or the state's place is in question.
    """
    folder = work.root / wiring.DATA_FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / ".gitignore").write_text("*\n")
    except OSError as problem:
        raise DiagnosticError(error("Cannot prepare the folder", f"{folder}: {problem.strerror or problem}.")) from problem
    modules = install_modules(work, options.upgrade)
    found = [d for d in validate(work) if d.severity is Severity.ERROR]
    if found:
        raise DiagnosticError(found)
    placed = _placed(work, options) if options.backend and not work.sandbox else ()
    return (
        *modules,
        *placed,
        f"{work.root} is ready.",
        "Next: kfinfra plan (or, with nothing installed: kfinfra --sandbox plan).",
    )


def _placed(work: Workplace, options: InitOptions) -> tuple[str, ...]:
    """Settles where the state lies; what there is to tell. Raises DiagnosticError."""
    settings, given = _settings(work, options)
    backend, before = settings.backend, previous(work)
    if not options.migrate and not options.reconfigure:
        ensure_unchanged(work, backend)
    states = wiring.states(work, backend, settings)
    lines: tuple[str, ...] = ()
    if backend.type != "local":
        states.names()  # whether the place can be reached is best known now
    if before is not None and options.migrate:
        lines = _moved(work, before, states, settings, options)
    remember(work, backend, given)
    keep(work, backend)
    return (*lines, f"The state is in {shown(backend)}.")


def _settings(work: Workplace, options: InitOptions) -> tuple[Settings, Attributes]:
    """The settings with what is given for the backend now, or was before; and that. Raises DiagnosticError."""
    settings = configuration(work, options.var_inputs, backend_given=False).settings
    if options.backend_config and settings.backend.span is None:
        detail = "The configuration has no backend block that -backend-config could complete."
        raise DiagnosticError(error("Missing backend", detail, hint='write it: kfinfra { backend "s3" {} }'))
    given: Attributes = {}
    if options.backend_config:
        given = read_given(settings.backend.type, options.backend_config, FolderSources(work.root))
    elif not options.reconfigure and settings.backend.span is not None:
        given = remembered(work, settings.backend)
    return replace(settings, backend=completed(settings.backend, given)), given


def _moved(work: Workplace, before: Backend, states: Workspaces, settings: Settings, options: InitOptions) -> tuple[str, ...]:
    if shown(before) == shown(settings.backend):
        return ()

    def may(copies: Sequence[Copy]) -> bool:
        what = f"Copy the state of {told(copies)}\n  from {shown(before)}\n  to   {shown(settings.backend)}?"
        return options.may(what)

    copies = migrate(wiring.states(work, before, settings), states, options.lock_timeout, may)
    if copies is None:
        detail = f"Nothing was copied: the state is in {shown(before)} as before."
        raise DiagnosticError(error("Migration cancelled", detail, hint="write that backend again to go on with it"))
    if not copies:
        return (f"There was nothing to copy from {shown(before)}.",)
    left = f"What is in {shown(before)} is as it was, and no longer used."
    return (f"Copied the state of {told(copies)}.", left)


def new_configuration(directory: Path) -> tuple[Path, ...]:
    """Writes a starting configuration into `directory`, which must not hold one yet. The files written."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        if any(directory.glob("*.hcl")):
            raise DiagnosticError(error("Folder is not empty", f"{directory} already holds a configuration."))
        files = {"main.hcl": _MAIN, ".gitignore": ".kfinfra/\n*.kfstate*\n"}
        for name, text in files.items():
            (directory / name).write_text(text)
        return tuple(directory / name for name in files)
    except OSError as problem:
        raise DiagnosticError(error("Cannot write", f"{directory}: {problem.strerror or problem}.")) from problem
