"""`yamldecode` and `yamlencode` as Terraform has them: YAML 1.2's numbers, 1.1's booleans, timestamps in RFC 3339.

PyYAML reads the structure; what a plain scalar stands for is decided here (its own rules are YAML 1.1's: `017`, `1_000`, `1:30`).
"""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime
from decimal import Decimal
from typing import Any

from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.values.codec import from_data
from kfinfra.values.data import ListValue, MapValue, ObjectValue, SetValue, TupleValue, Value
from kfinfra.values.nulls import untyped
from kfinfra.values.numbers import number_text, parse_number

_CORE = "tag:yaml.org,2002:"
_PLAIN = "?"  # the tag of a plain scalar that has none
_NOTHING = object()
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"], True),
    **dict.fromkeys(["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"], False),
    **dict.fromkeys(["", "~", "null", "Null", "NULL"], None),
}
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:[Tt]|\s+)(\d{1,2}):(\d\d):(\d\d)(?:\.\d*)?\s*(Z|[-+]\d\d(?::\d\d)?)?)?", re.ASCII
)


def decode(text: str) -> Value:
    """The value of a YAML document. Raises FunctionError."""
    import yaml

    class Loader(getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # type: ignore[misc]
        """PyYAML's, without its rules about plain scalars."""

        def resolve(self, kind: type, value: object, implicit: Any) -> str:
            if kind is yaml.ScalarNode:
                return _PLAIN if implicit[0] else f"{_CORE}str"
            return f"{_CORE}seq" if kind is yaml.SequenceNode else f"{_CORE}map"

    try:
        root = yaml.compose(text, Loader)
        if root is None:
            raise FunctionError("missing start of document", 0)
        return from_data(_value(root, ()), _NOTHING)
    except (yaml.YAMLError, TypeError, ValueError, RecursionError) as bad:
        raise FunctionError(" ".join(str(bad).split()).replace('in "<unicode string>", ', "at "), 0) from bad


def _value(node: Any, above: tuple[int, ...]) -> object:
    if id(node) in above:
        raise FunctionError("cannot refer to an anchor from inside its own value", 0)
    inside = (*above, id(node))
    if isinstance(node.value, str):
        return _scalar(node.tag, node.value)
    if node.tag == f"{_CORE}seq":
        return [_value(item, inside) for item in node.value]
    if node.tag != f"{_CORE}map":
        raise FunctionError(f"the tag {node.tag.replace(_CORE, '!!')} is not supported", 0)
    out: dict[str, object] = {}
    merged: dict[str, object] = {}
    for key, item in node.value:
        value = _value(item, inside)
        if key.tag in (_PLAIN, f"{_CORE}merge") and key.value == "<<":
            for one in value if isinstance(value, list) else [value]:
                if not isinstance(one, dict):
                    raise FunctionError("only a mapping, or a list of them, can be merged with <<", 0)
                merged = {**one, **merged}
        else:
            out[_key(_value(key, inside))] = value
    return {**merged, **out}


def _key(value: object) -> str:
    if value is None or isinstance(value, dict | list):
        raise FunctionError("only strings are allowed as mapping keys", 0)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _scalar(tag: str, text: str) -> object:
    kind = tag.removeprefix(_CORE)
    if kind == "binary":
        try:
            base64.b64decode(text, validate=True)
        except binascii.Error as bad:
            raise FunctionError("a !!binary value is not valid base64", 0) from bad
        return text
    if kind == "str":
        return text
    if kind not in (_PLAIN, "bool", "null", "int", "float", "timestamp"):
        raise FunctionError(f"the tag {tag.replace(_CORE, '!!')} is not supported", 0)
    found = _resolved(text)
    fits = {
        "bool": isinstance(found, bool),
        "null": found is None,
        "int": isinstance(found, int | Decimal) and not isinstance(found, bool),
        "float": isinstance(found, int | Decimal) and not isinstance(found, bool),
        "timestamp": _TIME.fullmatch(text) is not None,
    }
    if not fits.get(kind, True):
        raise FunctionError(f'cannot parse "{text}" as !!{kind}', 0)
    return found


def _resolved(text: str) -> object:
    if text in _WORDS:
        return _WORDS[text]
    if text.lower().lstrip("+-") in (".nan", ".inf"):
        raise FunctionError(f"{text} is not a number that can be worked with", 0)
    if _INTEGER.fullmatch(text) or _FLOAT.fullmatch(text):
        return int(text, 0) if text[:2] in ("0x", "0o") else parse_number(text)
    stamp = _TIME.fullmatch(text)
    return _moment(stamp) or text if stamp else text


def _moment(found: re.Match[str]) -> str | None:
    """RFC 3339 text of a timestamp; None for one that no calendar has."""
    year, month, day, hour, minute, second, zone = found.groups()
    offset = zone or "Z"
    offset = "Z" if offset in ("Z", "+00:00", "+00") else offset if ":" in offset else f"{offset}:00"
    try:
        moment = datetime(*map(int, (year, month, day, hour or 0, minute or 0, second or 0)))  # type: ignore[arg-type]
    except ValueError:
        return None
    return moment.isoformat() + offset


_BREAKS = frozenset("\n\r\x85\u2028\u2029")
_LONGEST_KEY = 128
"""In bytes: what libyaml writes before a colon without more ado."""


def encode(value: Value) -> str:
    """A value as YAML: keys sorted, all strings quoted, texts of several lines as blocks."""
    value = untyped(value)
    return _node(value, 0) + ("...\n" if value is None or isinstance(value, bool | int | Decimal) else "")


def _node(value: Value, depth: int) -> str:
    pad = "  " * depth
    match value:
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items) if items:
            return "".join(pad + "- " + _node(v, depth + 1).removeprefix("  " * (depth + 1)) for v in items)
        case ObjectValue(fields) | MapValue(_, fields) if fields:
            return "".join(_pair(k, fields[k], depth) for k in sorted(fields))
        case TupleValue() | ListValue() | SetValue():
            return pad + "[]\n"
        case ObjectValue() | MapValue():
            return pad + "{}\n"
        case str() if _blocks(value):
            return f"{pad}{_block(value, max(depth, 1))}"
        case str():
            return f"{pad}{quoted(value)}\n"
        case int() | Decimal() if not isinstance(value, bool):
            return f"{pad}{number_text(value)}\n"
        case _:
            return pad + {None: "null", True: "true", False: "false"}[value] + "\n"  # type: ignore[index]


def _pair(key: str, value: Value, depth: int) -> str:
    """A key and its value: a key of several lines, or a very long one, stands for itself behind a question mark."""
    pad = "  " * depth
    if _BREAKS.isdisjoint(key) and len(key.encode()) <= _LONGEST_KEY:
        return f"{pad}{quoted(key)}:" + _member(value, depth)
    written = _block(key, depth + 1) if _blocks(key) else f"{quoted(key)}\n"
    return f"{pad}? {written}{pad}: " + _node(value, depth + 1).removeprefix(f"{pad}  ")


def _member(value: Value, depth: int) -> str:
    match value:
        case TupleValue(items) | ListValue(_, items) | SetValue(_, items) if items:
            return "\n" + _node(value, depth)
        case ObjectValue(fields) | MapValue(_, fields) if fields:
            return "\n" + _node(value, depth + 1)
        case _:
            return " " + _node(value, depth + 1).removeprefix("  " * (depth + 1))


def _blocks(text: str) -> bool:
    """Whether libyaml writes a text as a block: several lines, none ending in a space, nothing that has to be escaped."""
    return "\n" in text and " \n" not in text and not text.endswith(" ") and not any(_escaped(c) for c in text if c != "\n")


def _block(text: str, depth: int) -> str:
    keep = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") or text == "\n" else ""
    hint = "2" if text[0] in " \n" else ""
    body = "".join(("  " * depth + line if line else "") + "\n" for line in text.removesuffix("\n").split("\n"))
    return f"|{hint}{keep}\n{body}"


_SHORT = dict(zip([0, 7, 8, 9, 10, 11, 12, 13, 27, 34, 92, 0x85, 0x2028, 0x2029], '0abtnvfre"\\NLP', strict=True))


def _escaped(char: str) -> bool:
    code = ord(char)
    return not (0x20 <= code <= 0x7E or 0xA0 <= code <= 0xFFFD) or code in (0x2028, 0x2029, 0xFEFF)


def quoted(text: str) -> str:
    """A text in double quotes as libyaml escapes it: beyond U+FFFF by number."""
    return '"' + "".join(_escape(c) if c in '"\\' or _escaped(c) else c for c in text) + '"'


def _escape(char: str) -> str:
    code = ord(char)
    if code in _SHORT:
        return f"\\{_SHORT[code]}"
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"


FUNCTIONS: dict[str, Implementation] = {"yamldecode": decode, "yamlencode": encode}
