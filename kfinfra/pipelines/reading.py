"""Looking into JSON whose shape was checked elsewhere: what is missing or of another kind reads as nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfinfra.model.plain import Plain


def mapping(value: object, *path: str) -> dict[str, Plain]:
    """The object at `path` inside `value`; an empty one where there is none."""
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return dict(value) if isinstance(value, Mapping) else {}


def entries(value: object, *path: str) -> Iterable[tuple[str, Plain]]:
    """The keys and values of the object at `path`."""
    return mapping(value, *path).items()


def sequence(value: object, *path: str) -> list[Plain]:
    """The list at `path` inside `value`; an empty one where there is none."""
    at = mapping(value, *path[:-1]).get(path[-1]) if path else value
    return list(at) if isinstance(at, list) else []


def text(value: object, *path: str) -> str:
    """The text at `path` inside `value`; empty where there is none."""
    at = mapping(value, *path[:-1]).get(path[-1]) if path else value
    return at if isinstance(at, str) else ""
