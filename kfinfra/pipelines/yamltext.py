"""YAML as KFP's server reads it (gopkg.in/yaml.v3, YAML 1.2's core types), which is not how PyYAML does.

`yes` is text, `1e3` is a number, a key that stands twice is an error. What is written is read alike by both.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Hashable
from typing import Any, ClassVar

import yaml

from kfinfra.diag import DiagnosticError, SourceText, error

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_Dumper: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_BOOL = re.compile(r"(?:true|True|TRUE|false|False|FALSE)")
_NULL = re.compile(r"(?:~|null|Null|NULL|)")
_INT = re.compile(r"[-+]?(?:0b[01_]+|0o?[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)")
_FLOAT = re.compile(r"(?:[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))")
_DATE = re.compile(r"\d{4}-\d\d?-\d\d?(?:(?:[Tt]|[ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[ \t]*(?:Z|[-+]\d\d?(?::?\d\d)?))?)?")
_RESOLVERS = (
    ("bool", _BOOL, "tTfF"),
    ("null", _NULL, ["~", "n", "N", ""]),
    ("int", _INT, "-+0123456789"),
    ("float", _FLOAT, "-+.0123456789"),
    ("timestamp", _DATE, "0123456789"),
    ("merge", re.compile("<<"), "<"),
)


class _GoLoader(_Loader):  # type: ignore[misc]
    """PyYAML's safe loader with Go's idea of plain scalars; keys are unique."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        """A mapping. Raises ConstructorError where a key stands twice or is no text."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.tag in ("tag:yaml.org,2002:merge",):
                continue
            if key.tag != "tag:yaml.org,2002:str":
                raise yaml.constructor.ConstructorError(None, None, f"the key {key.value!r} is not text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f'the key "{key.value}" stands twice', key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return]


class _GoDumper(_Dumper):  # type: ignore[misc]
    """PyYAML's safe dumper that quotes what Go would take for something else than text."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {
        key: list(found) for key, found in _Dumper.yaml_implicit_resolvers.items()
    }

    def ignore_aliases(self, data: object) -> bool:
        """Nothing is written as an alias: what is shared in memory is no statement."""
        return True


def _resolve_like_go() -> None:
    for name, pattern, first in _RESOLVERS:
        for kind in (_GoLoader, _GoDumper):
            kind.add_implicit_resolver(f"tag:yaml.org,2002:{name}", re.compile(rf"(?:{pattern.pattern})\Z"), list(first))
    _GoLoader.add_constructor("tag:yaml.org,2002:int", _integer)
    _GoLoader.add_constructor("tag:yaml.org,2002:float", _float)
    _GoLoader.add_constructor("tag:yaml.org,2002:timestamp", _time)


def _integer(loader: Any, node: yaml.ScalarNode) -> int | float:
    text = str(loader.construct_scalar(node)).replace("_", "")
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").lower()
    for prefix, base in (("0b", 2), ("0x", 16), ("0o", 8)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], base)
    octal = len(digits) > 1 and digits.startswith("0") and not digits.strip("01234567")
    return sign * int(digits, 8 if octal else 10)


def _float(loader: Any, node: yaml.ScalarNode) -> float:
    text = str(loader.construct_scalar(node)).lower()
    return float(text.replace(".inf", "inf").replace(".nan", "nan"))


def _time(loader: Any, node: yaml.ScalarNode) -> str:
    """A date becomes the text that Go's encoding/json makes of it (RFC 3339)."""
    try:
        moment = yaml.constructor.SafeConstructor.construct_yaml_timestamp(loader, node)
    except ValueError:
        return str(node.value)
    if not isinstance(moment, datetime.datetime):
        return f"{moment.isoformat()}T00:00:00Z"
    return moment.isoformat() + ("Z" if moment.tzinfo is None else "")


_resolve_like_go()


def load_documents(text: str, where: str) -> list[object]:
    """The YAML documents in `text` that hold anything. Raises DiagnosticError, at the place, for what is no YAML."""
    try:
        return [d for d in yaml.load_all(text, Loader=_GoLoader) if d is not None]
    except yaml.YAMLError as problem:
        raise DiagnosticError(_yaml_error(problem, text, where)) from None
    except (ValueError, RecursionError) as problem:
        raise DiagnosticError(error("Invalid YAML", f"{where} cannot be read: {problem}.")) from None


def dump_documents(documents: list[object]) -> str:
    """The YAML text of `documents`, keys sorted, long strings as kfp writes them."""
    text: str = yaml.dump_all(documents, Dumper=_GoDumper, sort_keys=True, allow_unicode=True, width=4096)
    return text


def _yaml_error(problem: yaml.YAMLError, text: str, where: str) -> Any:
    mark = getattr(problem, "problem_mark", None)
    words = getattr(problem, "problem", None) or str(problem)
    if mark is None:
        return error("Invalid YAML", f"{where} is no YAML: {words}.")
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: mark.line])) + mark.column
    return error("Invalid YAML", f"{where} is no YAML: {words}.", SourceText(where, text).span(start, start + 1))
