"""Functions of text. Lengths and positions count grapheme clusters; patterns are RE2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.hcl.functions.numeric import whole
from kfinfra.values.convert import convert
from kfinfra.values.data import ListValue, ObjectValue, TupleValue, Unknown, Value
from kfinfra.values.nulls import is_null
from kfinfra.values.texts import graphemes, nfc
from kfinfra.values.types import BOOL, STRING, ObjectType, TupleType, Type


def strings(items: list[str]) -> ListValue:
    """A list(string)."""
    return ListValue(STRING, tuple(items))


def _substr(text: str, offset: Value, length: Value) -> Value:
    clusters, at, count = graphemes(text), whole(offset, 1), whole(length, 2)
    if at < 0:
        at += len(clusters)
        count = count or -1  # as in Terraform: from the end, a length of 0 is the rest
    at = max(at, 0)
    return "".join(clusters[at:] if count < 0 else clusters[at : at + count])


def _title(text: str) -> Value:
    out, before = [], " "
    for c in text:
        starts = before.isspace()
        if not starts and before.isascii() and not (before.isalnum() or before == "_"):
            starts = True
        out.append(_simple(c, str.title) if starts else c)
        before = c
    return "".join(out)


def _simple(text: str, how: Callable[[str], str]) -> str:
    """Letter by letter, as Go does: one that would become several stays, but for a capital I with a dot, which is an i there."""
    if text.isascii():
        return how(text)
    return nfc("".join(found if len(found := how(c)) == 1 else "i" if found == "i̇" else c for c in text))


def pattern(text: str) -> Any:
    """A compiled RE2 pattern. Raises FunctionError."""
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(text, options)
    except re2.error as bad:
        reason = bad.args[0] if bad.args else ""
        raise FunctionError(f"invalid regexp pattern: {reason.decode() if isinstance(reason, bytes) else reason}", 0) from bad


def match_type(rule: str) -> Type:
    """The type of what a pattern finds: a text, or a tuple or an object of its groups. Raises FunctionError."""
    compiled = pattern(rule)
    names, count = compiled.groupindex, compiled.groups
    if names and len(names) != count:
        raise FunctionError("invalid regexp pattern: cannot mix both named and unnamed capture groups", 0)
    return ObjectType(dict.fromkeys(names, STRING)) if names else TupleType((STRING,) * count) if count else STRING


def _match(found: Any, kind: Type) -> Value:
    match kind:
        case ObjectType(attributes):
            return ObjectValue({name: convert(found.group(name), STRING) for name in attributes})
        case TupleType():
            return TupleValue(tuple(convert(group, STRING) for group in found.groups()))
        case _:
            return str(found.group(0))


def _regex(rule: str, text: str) -> Value:
    kind, found = match_type(rule), pattern(rule).search(text)
    if found is None:
        raise FunctionError("pattern did not match any part of the given string", None)
    return _match(found, kind)


def _regexall(rule: str, text: str) -> Value:
    kind = match_type(rule)
    return ListValue(kind, tuple(_match(found, kind) for found in pattern(rule).finditer(text)))


def _replace(text: str, old: str, new: str) -> Value:
    if len(old) <= 1 or not (old.startswith("/") and old.endswith("/")):
        return nfc(text.replace(old, new))
    try:
        rule = pattern(old[1:-1])
    except FunctionError as bad:
        raise FunctionError(bad.message, 1) from bad
    out, last = [], 0
    for found in rule.finditer(text):
        out.append(text[last : found.start()] + _expanded(new, found))
        last = found.end()
    return nfc("".join(out) + text[last:])


def _expanded(template: str, found: Any) -> str:
    import re

    def group(m: re.Match[str]) -> str:
        if m.group(0) == "$$":
            return "$"
        name = m.group(1) or m.group(2)
        if name.isdigit():
            return (found.group(int(name)) or "") if int(name) <= found.re.groups else ""
        return (found.group(name) or "") if name in found.re.groupindex else ""

    return re.sub(r"\$\$|\$\{(\w+)\}|\$(\w+)", group, template)


def _indent(spaces: Value, text: str) -> Value:
    width = whole(spaces, 0)
    if width < 0:
        raise FunctionError("must not be negative", 0)
    return text.replace("\n", "\n" + " " * width)


def _join(separator: str, *lists: ListValue) -> Value:
    if not lists:
        raise FunctionError("at least one list is required")
    parts = [item for one in lists for item in one.items]
    if any(map(is_null, parts)):
        raise FunctionError("a list element is null; cannot concatenate null values", 1)
    return nfc(separator.join(str(p) for p in parts))


def _startswith(text: Value, prefix: Value) -> Value:
    if isinstance(text, Unknown) and isinstance(prefix, str):
        enough = len(text.prefix.encode()) >= len(prefix.encode())
        return True if text.prefix.startswith(prefix) else False if enough else Unknown(BOOL, not_null=True)
    if not isinstance(text, str) or not isinstance(prefix, str):
        return Unknown(BOOL, not_null=True)
    return text.startswith(prefix)


def _chomp(text: str) -> Value:
    return text.rstrip("\r\n")


FUNCTIONS: dict[str, Implementation] = {
    "chomp": _chomp,
    "endswith": lambda s, x: s.endswith(x),
    "indent": _indent,
    "join": _join,
    "lower": lambda s: _simple(s, str.lower),
    "upper": lambda s: _simple(s, str.upper),
    "title": _title,
    "regex": _regex,
    "regexall": _regexall,
    "replace": _replace,
    "split": lambda sep, s: strings(s.split(sep) if sep else list(s)) if s or sep else strings([]),
    "startswith": _startswith,
    "strcontains": lambda s, x: x in s,
    "strrev": lambda s: nfc("".join(reversed(graphemes(s)))),
    "substr": _substr,
    "trim": lambda s, cut: s.strip(cut) if cut else s,
    "trimprefix": lambda s, x: s.removeprefix(x),
    "trimsuffix": lambda s, x: s.removesuffix(x),
    "trimspace": lambda s: s.strip(),
}
