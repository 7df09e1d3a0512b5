"""Plain values in Terraform's JSON: unknown parts left out and named beside, sensitive parts null and named beside.

A sensitive part is `null` wherever Terraform prints it in plain text: null is a value of every type, so a reader that
expects a string, a number or a list still parses; `*_sensitive` says that it is hidden, not unset. It is never reported as
unknown, because a saved plan does not keep whether it was.
"""

from __future__ import annotations

from collections.abc import Callable

from kfinfra.model.plain import UNKNOWN, Path, Plain

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def known(value: Plain, sensitive: frozenset[Path] = frozenset(), path: Path = ()) -> Json:
    """The value without its unknown parts (null in a list, absent in an object), sensitive ones null."""
    if path in sensitive or value is UNKNOWN or value is None:
        return None
    if isinstance(value, dict):
        parts = {k: v for k, v in value.items() if v is not UNKNOWN or (*path, k) in sensitive}
        return {k: known(v, sensitive, (*path, k)) for k, v in parts.items()}
    if isinstance(value, list):
        return [known(v, sensitive, (*path, i)) for i, v in enumerate(value)]
    return value


def unknown(value: Plain, sensitive: frozenset[Path] = frozenset()) -> Json:
    """Terraform's after_unknown: the value's shape with true where it is not known."""
    return _marks(value, (), lambda v, path: None if path in sensitive else v is UNKNOWN)


def hidden(value: Plain, sensitive: frozenset[Path]) -> Json:
    """Terraform's before_sensitive and after_sensitive: the value's shape with true where it is sensitive."""
    return _marks(value, (), lambda v, path: path in sensitive)


def _marks(value: Plain, path: Path, test: Callable[[Plain, Path], bool | None]) -> Json:
    """The value's shape; scalars without a mark are absent in objects and false in lists. `test` None: not looked into."""
    found = test(value, path)
    if found is None:
        return False
    if found:
        return True
    if isinstance(value, dict):
        parts = {k: _marks(v, (*path, k), test) for k, v in value.items()}
        return {k: mark for k, mark in parts.items() if mark is not False}
    if isinstance(value, list):
        return [_marks(v, (*path, i), test) for i, v in enumerate(value)]
    return False


def type_json(value: Plain) -> Json:
    """The type of a value as Terraform writes it in outputs: "string", ["tuple", […]], ["object", {…}]."""
    match value:
        case bool():
            return "bool"
        case str():
            return "string"
        case int() | float():
            return "number"
        case list():
            return ["tuple", [type_json(v) for v in value]]
        case dict():
            return ["object", {k: type_json(v) for k, v in value.items()}]
        case _:
            return "dynamic"
