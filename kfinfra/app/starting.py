"""init: a working folder made ready, or a new configuration to begin with."""

from __future__ import annotations

from pathlib import Path

from kfinfra.app import wiring
from kfinfra.app.installing import install_modules
from kfinfra.app.options import Workplace
from kfinfra.app.validation import validate
from kfinfra.diag import DiagnosticError, Severity, error

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


def initialize(work: Workplace, upgrade: bool = False) -> tuple[str, ...]:
    """Makes the data folder, fetches the modules and checks the configuration; with `upgrade` each ref is asked for anew.

    Raises DiagnosticError where the configuration has errors, or a module cannot be fetched.
    """
    folder = work.root / wiring.DATA_FOLDER
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / ".gitignore").write_text("*\n")
    except OSError as problem:
        raise DiagnosticError(error("Cannot prepare the folder", f"{folder}: {problem.strerror or problem}.")) from problem
    modules = install_modules(work, upgrade)
    found = [d for d in validate(work) if d.severity is Severity.ERROR]
    if found:
        raise DiagnosticError(found)
    return (*modules, f"{work.root} is ready.", "Next: kfinfra plan (or, with nothing installed: kfinfra --sandbox plan).")


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
