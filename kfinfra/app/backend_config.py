"""What `init -backend-config` gave, kept beside the backend for the commands that follow. Nothing in it is secret."""

from __future__ import annotations

import json

from kfinfra.app.options import Workplace
from kfinfra.config.backend_given import kept
from kfinfra.config.backends import Backend
from kfinfra.diag import DiagnosticError, error
from kfinfra.model.plain import Attributes

FILE = "backend-config.json"


def remembered(work: Workplace, backend: Backend) -> Attributes:
    """The arguments that were given for a backend of this type; those for another type are none for it.

    Raises DiagnosticError.
    """
    path = work.data_folder / FILE
    try:
        found = json.loads(path.read_text())
        if found["version"] != 1 or not isinstance(found["attributes"], dict):
            raise ValueError("it is of another version of kfinfra")
        return kept(backend.type, found["attributes"]) if found["type"] == backend.type else {}
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise DiagnosticError(error("Cannot read the backend", f"{path}: {problem.strerror or problem}.")) from problem
    except (ValueError, KeyError, TypeError) as problem:
        hint = "remove it, and give the arguments again: kfinfra init -backend-config=…"
        raise DiagnosticError(error("Cannot read the backend", f"{path} is damaged: {problem}.", hint=hint)) from problem


def remember(work: Workplace, backend: Backend, given: Attributes) -> None:
    """Keeps what was given, in the place of what was given before. Raises DiagnosticError."""
    path = work.data_folder / FILE
    try:
        if not given:
            path.unlink(missing_ok=True)
            return
        document = {"version": 1, "type": backend.type, "attributes": dict(given)}
        fresh = path.with_name(f"{FILE}.new")
        fresh.write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
        fresh.replace(path)
    except OSError as problem:
        raise DiagnosticError(error("Cannot keep the backend", f"{path}: {problem.strerror or problem}.")) from problem
