"""JSON text to values that know where they stand; what HCL makes of them is `json_body`'s affair.

Python's own decoder keeps no places, and takes NaN and repeated names. Messages are HashiCorp's (hcl/json).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TypeAlias

from kfinfra.hcl.problem import SyntaxProblem

DEEPEST = 200


@dataclass(frozen=True, slots=True)
class JsonString:
    """A string. `edges` are pairs (index in `value`, offset in the text) where an escape shifts what follows."""

    start: int
    end: int
    value: str
    edges: tuple[tuple[int, int], ...] = ()

    def place(self, index: int) -> int:
        """The offset in the text of the character at `index` of `value`."""
        at = bisect_right(self.edges, (index, len(self.value) + self.end)) - 1
        if at < 0:
            return self.start + 1 + index
        first, offset = self.edges[at]
        return offset + index - first


@dataclass(frozen=True, slots=True)
class JsonNumber:
    """A number as written."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class JsonConstant:
    """true, false or null."""

    start: int
    end: int
    value: bool | None


@dataclass(frozen=True, slots=True)
class JsonArray:
    """Values in order."""

    start: int
    end: int
    items: tuple[Json, ...]


@dataclass(frozen=True, slots=True)
class JsonObject:
    """Properties in order, names as often as they are written."""

    start: int
    end: int
    properties: tuple[tuple[JsonString, Json], ...]


Json: TypeAlias = JsonString | JsonNumber | JsonConstant | JsonArray | JsonObject

_BLANK = re.compile(r"[ \t\r\n]*")
_STRING = re.compile(r'[^"\\\x00-\x1f]*')
_ESCAPE = re.compile(r'\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|["\\/bfnrt])')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+\-]?[0-9]+)?")
_NUMBER_LIKE = re.compile(r"[0-9.+\-eE]+")
_WORD = re.compile(r"[^\W\d]\w*")
_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_CONSTANTS = {"true": True, "false": False, "null": None}


def read_json(text: str) -> Json:
    """The value that `text` is. Raises SyntaxProblem for the first mistake."""
    reader = _Reader(text)
    value = reader.value(0)
    at = reader.skip()
    if at < len(text):
        raise SyntaxProblem("Extraneous data after value", "Extra characters appear after the JSON value.", at)
    return value


class _Reader:
    """A cursor over the text."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def skip(self) -> int:
        """Moves over white space."""
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def value(self, depth: int) -> Json:
        """Any value."""
        start = self.skip()
        first = self.text[start : start + 1]
        if depth > DEEPEST:
            raise SyntaxProblem("Too deeply nested", f"Arrays and objects are nested more than {DEEPEST} deep.", start)
        if first == "{":
            return self.object(depth)
        if first == "[":
            return self.array(depth)
        if first == '"':
            return self.string()
        if _NUMBER_LIKE.match(self.text, start):
            return self.number()
        if _WORD.match(self.text, start):
            return self.constant()
        if not first:
            raise SyntaxProblem("Missing value", "The JSON data ends prematurely.", start, start)
        detail = "A JSON value must start with a brace, a bracket, a number, a string, or a keyword."
        raise SyntaxProblem("Invalid start of value", detail, start)

    def object(self, depth: int) -> JsonObject:
        """`{ "name": value, … }`."""
        start = self.at
        self.at += 1
        properties: list[tuple[JsonString, Json]] = []
        while not self.closed("}", "object", start, bool(properties)):
            at = self.skip()
            if not self.text.startswith('"', at):
                raise SyntaxProblem("Invalid object property name", "A JSON object property name must be a string.", at)
            name = self.string()
            if not self.text.startswith(":", self.skip()):
                detail = "A colon must appear between an object property's name and its value."
                raise SyntaxProblem("Missing property value colon", detail, self.at)
            self.at += 1
            properties.append((name, self.value(depth + 1)))
        return JsonObject(start, self.at, tuple(properties))

    def array(self, depth: int) -> JsonArray:
        """`[ value, … ]`."""
        start = self.at
        self.at += 1
        items: list[Json] = []
        while not self.closed("]", "array", start, bool(items)):
            items.append(self.value(depth + 1))
        return JsonArray(start, self.at, tuple(items))

    def closed(self, mark: str, what: str, start: int, begun: bool) -> bool:
        """Moves over what closes, or over the comma before the next element."""
        at = self.skip()
        if self.text.startswith(mark, at):
            self.at += 1
            return True
        if at >= len(self.text):
            raise SyntaxProblem(f"Unclosed {what}", f"No closing {mark} was found for this JSON {what}.", start)
        if not begun:
            return False
        if self.text[at] in "]}":
            detail = f"A JSON {what} must be closed with {mark}, not {self.text[at]}."
            raise SyntaxProblem("Mismatched brackets", detail, at)
        if self.text[at] != ",":
            raise SyntaxProblem("Missing comma", f"A comma must appear between the elements of an {what}.", at)
        self.at += 1
        if self.text[self.skip() : self.at + 1] == mark:
            detail = f"JSON does not permit a trailing comma after the last element of an {what}."
            raise SyntaxProblem(f"Trailing comma in {what}", detail, at)
        return False

    def string(self) -> JsonString:
        """A string, escapes decoded; half of a surrogate pair is U+FFFD, as Terraform has it."""
        start = self.at
        parts: list[str] = []
        edges: list[tuple[int, int]] = []
        length = 0
        self.at += 1
        while True:
            found = _STRING.match(self.text, self.at)
            assert found is not None
            parts.append(found.group())
            length += len(found.group())
            self.at = found.end()
            if self.text.startswith('"', self.at):
                self.at += 1
                return JsonString(start, self.at, "".join(parts), tuple(edges))
            escape = _ESCAPE.match(self.text, self.at)
            if escape is None:
                raise self.bad_string()
            parts.append(_unescaped(escape.group()))
            length += 1
            self.at = escape.end()
            edges.append((length, self.at))

    def bad_string(self) -> SyntaxProblem:
        """Why a string does not go on."""
        if self.at >= len(self.text) or self.text[self.at] == "\n":
            return SyntaxProblem("Invalid JSON string", "There is no closing quote for this string on its line.", self.at)
        detail = "This is no escape sequence of JSON, or a control character that must be written as one."
        return SyntaxProblem("Invalid JSON string", detail, self.at, min(self.at + 2, len(self.text)))

    def number(self) -> JsonNumber:
        """A number as JSON has it: no plus, no leading zero, a digit before and behind the point."""
        start = self.at
        found = _NUMBER_LIKE.match(self.text, start)
        assert found is not None
        self.at = found.end()
        if not _NUMBER.fullmatch(found.group()):
            raise SyntaxProblem("Invalid JSON number", f'"{found.group()}" is not a JSON number.', start, self.at)
        return JsonNumber(start, self.at, found.group())

    def constant(self) -> JsonConstant:
        """true, false or null."""
        start = self.at
        found = _WORD.match(self.text, start)
        assert found is not None
        if found.group() not in _CONSTANTS:
            detail = f'"{found.group()}" is not a JSON keyword: they are true, false and null.'
            raise SyntaxProblem("Invalid JSON keyword", detail, start, found.end())
        self.at = found.end()
        return JsonConstant(start, self.at, _CONSTANTS[found.group()])


def _unescaped(escape: str) -> str:
    if escape[1] != "u":
        return _ESCAPES.get(escape[1], escape[1])
    if len(escape) > 6:
        return chr(0x10000 + ((int(escape[2:6], 16) & 0x3FF) << 10) + (int(escape[8:], 16) & 0x3FF))
    code = int(escape[2:], 16)
    return "\ufffd" if 0xD800 <= code <= 0xDFFF else chr(code)
