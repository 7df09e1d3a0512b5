"""Keys that are wanted no longer but would stay, as another manager edited them: an apply only drops what is still ours."""

from __future__ import annotations

from typing import Any

from kfinfra.model.plain import Attributes
from kfinfra.providers.kubernetes.observe import MANAGER, Wire, owned

_MAPS = {
    "labels": ("metadata", "labels"),
    "annotations": ("metadata", "annotations"),
    "data": ("data",),
    "binary_data": ("binaryData",),
    "hard": ("spec", "hard"),
}
Leftover = tuple[str, ...]


def leftovers(found: Wire, prior: Attributes, desired: Attributes) -> list[Leftover]:
    """The paths of keys that state has, the configuration no longer has, and that are not ours on the server any more."""
    out: list[Leftover] = []
    for attribute, path in _MAPS.items():
        had, wanted, there = prior.get(attribute), desired.get(attribute), _at(found, path)
        if isinstance(had, dict) and isinstance(there, dict):
            gone = had.keys() - (wanted.keys() if isinstance(wanted, dict) else set())
            out += [(*path, key) for key in sorted((gone & there.keys()) - owned(found, *path))]
    return out


def _at(found: Any, path: Leftover) -> Any:
    for step in path:
        found = found.get(step) if isinstance(found, dict) else None
    return found


def holders(found: Wire, path: Leftover) -> str:
    """The managers that own the field at `path`."""
    names = set()
    for entry in found["metadata"].get("managedFields") or ():
        if _at(entry.get("fieldsV1"), tuple(f"f:{step}" for step in path)) is not None and entry["manager"] != MANAGER:
            names.add(str(entry["manager"]))
    return ", ".join(f'"{name}"' for name in sorted(names)) or "nobody"


def without(paths: list[Leftover]) -> dict[str, Any]:
    """A JSON merge patch that removes the fields at `paths`."""
    patch: dict[str, Any] = {}
    for path in paths:
        inside = patch
        for step in path[:-1]:
            inside = inside.setdefault(step, {})
        inside[path[-1]] = None
    return patch
