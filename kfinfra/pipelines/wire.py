"""Protobuf's JSON read the way the server reads it, so that two texts that mean the same become one canonical value.

`read` both normalizes (field names, defaults that are written, numbers as text, enum numbers, durations) and reports what
the server would refuse. Digests want the first, validation the second; one walk serves both, so they cannot disagree.
Rules: protobuf.dev/programming-guides/json and Go's protojson.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction
from typing import Final

from kfinfra.diag import did_you_mean
from kfinfra.model.plain import Path, Plain, path_text
from kfinfra.pipelines.protos import ENUMS, Field, messages

_DURATION = re.compile(r"(-?\d+(?:\.\d{1,9})?)s")
_INTEGER = re.compile(r"-?\d+(?:\.0+)?")
_LIMITS = {"int32": 2**31, "int64": 2**63}
_WORDS = ("NaN", "Infinity", "-Infinity")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something that the server would refuse. `unknown`: a field that this version of the format does not have."""

    path: Path
    message: str
    unknown: bool = False


class _Unset(Enum):
    """A field at its default, which protobuf does not tell from one that is not written."""

    UNSET = 0


UNSET: Final = _Unset.UNSET


def read(value: object, message: str, flaws: list[Flaw]) -> dict[str, Plain]:
    """The canonical form of `value` as `message`; what the server would refuse of it goes to `flaws`."""
    return _message(value, message, (), flaws)


def _message(value: object, name: str, path: Path, flaws: list[Flaw]) -> dict[str, Plain]:
    if not isinstance(value, Mapping):
        flaws.append(Flaw(path, f"an object is wanted, not {_kind(value)}"))
        return {}
    out: dict[str, Plain] = {}
    groups: dict[str, str] = {}
    fields = messages()[name]
    for key, item in value.items():
        field = fields.get(key)
        if field is None:
            if key != "@type":
                known = [f.json for f in fields.values()]
                message = f'"{key}" is no field of it.{did_you_mean(str(key), known)}'
                flaws.append(Flaw((*path, str(key)), message, unknown=not did_you_mean(str(key), known)))
                out[str(key)] = _any(item)
            continue
        if field.json in out:
            flaws.append(Flaw((*path, str(key)), f'"{field.json}" is written twice'))
        got = _field(item, field, (*path, str(key)), flaws)
        if isinstance(got, _Unset):
            continue
        out[field.json] = got
        if field.group and groups.setdefault(field.group, field.json) != field.json:
            flaws.append(Flaw(path, f'only one of "{groups[field.group]}" and "{field.json}" may be set'))
    return out


def _field(value: object, field: Field, path: Path, flaws: list[Flaw]) -> Plain | _Unset:
    if value is None and (field.type != "Value" or field.repeats):
        return UNSET
    if field.repeats == "list":
        if not isinstance(value, list):
            flaws.append(Flaw(path, f"a list is wanted, not {_kind(value)}"))
            return UNSET
        return [_element(item, field.type, (*path, i), flaws) for i, item in enumerate(value)] or UNSET
    if field.repeats == "map":
        if not isinstance(value, Mapping):
            flaws.append(Flaw(path, f"a map is wanted, not {_kind(value)}"))
            return UNSET
        return {str(k): _element(item, field.type, (*path, str(k)), flaws) for k, item in value.items()} or UNSET
    got = _single(value, field.type, path, flaws)
    plain_default = field.type not in messages() and field.type not in ("Value", "Struct", "Duration")
    return UNSET if plain_default and not field.present and got in ("", 0, False) else got


def _element(value: object, kind: str, path: Path, flaws: list[Flaw]) -> Plain:
    if value is None and kind != "Value":
        flaws.append(Flaw(path, "null cannot stand in a list or a map"))
        return None
    return _single(value, kind, path, flaws)


def _single(value: object, kind: str, path: Path, flaws: list[Flaw]) -> Plain:
    if kind in messages():
        return _message(value, kind, path, flaws)
    if kind == "Value":
        return _any(value)
    got = _scalar(value, kind)
    if isinstance(got, _Unset):
        wanted = " or ".join(f'"{n}"' for n in ENUMS[kind][1:]) if kind in ENUMS else _WANTED[kind]
        flaws.append(Flaw(path, f"{wanted} is wanted, not {_kind(value)}"))
        return _any(value)
    return got


_WANTED = {
    "string": "text",
    "bool": "true or false",
    "int32": "a whole number",
    "int64": "a whole number",
    "double": "a number",
    "Duration": 'a duration such as "30s"',
    "Struct": "an object",
}


def _scalar(value: object, kind: str) -> Plain | _Unset:
    match kind, value:
        case "string", str():
            return value
        case "bool", bool():
            return value
        case "Struct", Mapping():
            return _any(value)
        case (("int32" | "int64"), bool()):
            return UNSET
        case (("int32" | "int64"), int() | float() | str()):
            return _integer(value, _LIMITS[kind])
        case "double", bool():
            return UNSET
        case "double", int() | float() | str():
            return _double(value)
        case "Duration", str():
            found = _DURATION.fullmatch(value)
            return _seconds(Fraction(found[1])) if found else UNSET
        case _ if kind in ENUMS:
            return _enum(value, ENUMS[kind])
        case _:
            return UNSET


def _integer(value: int | float | str, limit: int) -> Plain | _Unset:
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        return UNSET
    if isinstance(value, float) and not value.is_integer():
        return UNSET
    number = int(Fraction(value))
    return number if -limit <= number < limit else UNSET


def _double(value: int | float | str) -> Plain | _Unset:
    if isinstance(value, str) and value in _WORDS:
        return value
    try:
        return _number(float(value))
    except ValueError:
        return UNSET


def _enum(value: object, names: tuple[str, ...]) -> Plain | _Unset:
    if isinstance(value, int | float) and not isinstance(value, bool) and value in range(len(names)):
        value = names[int(value)]
    if value == names[0]:
        return ""
    return value if isinstance(value, str) and value in names else UNSET


def _seconds(duration: Fraction) -> str:
    whole = duration.denominator == 1
    return f"{duration.numerator}s" if whole else f"{float(duration):.9f}".rstrip("0") + "s"


def _any(value: object) -> Plain:
    """A google.protobuf.Value: every number is a double there."""
    match value:
        case bool() | None | str():
            return value
        case int() | float():
            return _number(float(value))
        case Mapping():
            return {str(k): _any(v) for k, v in value.items()}
        case list() | tuple():
            return [_any(v) for v in value]
        case _:
            return str(value)


def _number(value: float) -> Plain:
    if value != value or value in (float("inf"), float("-inf")):
        return _WORDS[0] if value != value else _WORDS[1] if value > 0 else _WORDS[2]
    return int(value) if value.is_integer() and abs(value) < 2**53 else value


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            return f'the text "{value if len(value) < 40 else value[:37] + "…"}"'
        case int() | float():
            return f"the number {value}"
        case Mapping():
            return "an object"
        case _:
            return "a list"


def flaw_text(flaw: Flaw) -> str:
    """A flaw as a sentence with its place."""
    return f"{path_text(flaw.path) or 'the document'}: {flaw.message}"
