"""Plain values: what crosses between config, plan, state and providers. JSON's shapes, plus UNKNOWN until it is known.

Sets are sorted lists here; the schema says which lists are sets. Which parts are sensitive is kept beside the value, as
paths, so that a provider never meets a mark.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from typing import Final, TypeAlias


class UnknownType(Enum):
    """The one value that means "known after apply"."""

    UNKNOWN = "(known after apply)"


UNKNOWN: Final = UnknownType.UNKNOWN

Plain: TypeAlias = None | bool | int | float | str | UnknownType | list["Plain"] | dict[str, "Plain"]
Attributes: TypeAlias = Mapping[str, Plain]
Path: TypeAlias = tuple[str | int, ...]


_FLAT = frozenset([str, int, float, bool, type(None)])
"""The types that hold nothing unknown."""


def is_known(value: Plain) -> bool:
    """Whether no part of `value` is UNKNOWN."""
    if type(value) is str:
        return True
    match value:
        case dict():
            return _FLAT.issuperset(map(type, value.values())) or all(map(is_known, value.values()))
        case list():
            return all(map(is_known, value))
        case _:
            return value is not UNKNOWN


def path_text(path: Path) -> str:
    """A path as a user reads it: `taints[0].effect`, `data["A B"]`."""
    out = ""
    for step in path:
        if isinstance(step, int):
            out += f"[{step}]"
        elif step.replace("-", "_").isidentifier():
            out += f".{step}" if out else step
        else:
            out += f'["{step}"]'
    return out


def at_path(value: Plain, path: Sequence[str | int]) -> Plain:
    """The part of `value` at `path`, or None where there is none."""
    for step in path:
        if isinstance(value, dict) and isinstance(step, str):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def leaves(value: Plain, path: Path = ()) -> Iterator[tuple[Path, Plain]]:
    """Every leaf of `value` with its path; empty collections count as leaves."""
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list) and value:
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))
    else:
        yield path, value
