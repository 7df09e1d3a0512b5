"""`format` and `formatlist`: Go's verbs over HCL values."""

from __future__ import annotations

import re
from decimal import Decimal

from kfinfra.hcl.functions.encoding import json_text
from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.values.convert import ConversionError, convert
from kfinfra.values.data import ListValue, MapValue, ObjectValue, SetValue, TupleValue, Unknown, Value
from kfinfra.values.marks import wholly_known
from kfinfra.values.nulls import is_null
from kfinfra.values.numbers import number_text
from kfinfra.values.texts import beginning, graphemes, nfc
from kfinfra.values.types import ANY, BOOL, NUMBER, STRING, ListType, SetType, TupleType

_VERB = re.compile(r"%(?P<flags>[-+ #0]*)(?P<width>\d+)?(?:\.(?P<precision>\d*))?(?:\[(?P<index>\d+)\])?(?P<verb>.)?", re.S)


def format_values(text: str, *args: Value) -> str:
    """`text` with its verbs filled in. Raises FunctionError."""
    used, at = 0, 0

    def fill(found: re.Match[str]) -> str:
        nonlocal used, at
        verb = found["verb"]
        if verb is None:
            raise FunctionError("unterminated formatting verb", 0)
        if verb == "%":
            return "%"
        if found["index"]:
            at = int(found["index"])
        else:
            at += 1
        used = max(used, at)
        if not 1 <= at <= len(args):
            raise FunctionError(f"not enough arguments for {found.group(0)!r}: need index {at} but have {len(args)} total", 0)
        return _verb(found, args[at - 1], at)

    out = _VERB.sub(fill, text)
    if used < len(args):
        raise FunctionError(f"too many arguments; only {used} used by format string", used + 1)
    return nfc(out)


def _verb(found: re.Match[str], value: Value, at: int) -> str:
    verb, flags = found["verb"], found["flags"]
    width = int(found["width"] or 0)
    precision = int(found["precision"] or 0) if found["precision"] is not None else None
    try:
        body = _body(verb, flags, precision, value)
    except ConversionError as bad:
        raise FunctionError(f"unsupported value for {found.group(0)!r} at {found.start()}: {bad.message}", at) from bad
    gap = width - len(graphemes(body))
    if gap <= 0:
        return body
    if "-" in flags:
        return body + " " * gap
    if "0" in flags:
        sign = body[:1] if body.startswith(("+", "-")) else ""
        return sign + "0" * gap + body[len(sign) :]
    return " " * gap + body


def _body(verb: str, flags: str, precision: int | None, value: Value) -> str:
    if verb == "v":
        if "#" in flags:
            return json_text(value)
        if isinstance(value, TupleValue | ListValue | SetValue | ObjectValue | MapValue):
            return json_text(value)
        if isinstance(value, Decimal):
            return _number("g", "", None, value)
        return "null" if is_null(value) else str(convert(value, STRING))
    if is_null(value):
        raise ConversionError("null value cannot be formatted")
    if verb == "t":
        return str(convert(convert(value, BOOL), STRING))
    if verb in "sq":
        text = str(convert(value, STRING))
        cut = text if precision is None else "".join(graphemes(text)[:precision])
        return json_text(cut) if verb == "q" else cut
    if verb in "bdoxXeEfgG":
        number = convert(value, NUMBER)
        if verb in "bdoxX" and not isinstance(number, int):
            raise ConversionError("an integer is required")
        return _number(verb, flags, precision, number if isinstance(number, int | Decimal) else 0)
    raise FunctionError(f'unsupported format verb "{verb}"', 0)


def _number(verb: str, flags: str, precision: int | None, value: int | Decimal) -> str:
    if verb in "bdoxX":
        body = format(int(value), verb)
    elif verb in "fF":
        body = format(Decimal(value), f".{6 if precision is None else precision}f")
    elif verb in "eE":
        body = format(float(value), f".{6 if precision is None else precision}{verb}")
    elif precision is not None:
        body = format(float(value), f".{precision}{verb}")
    else:
        body = number_text(value) if abs(Decimal(value).adjusted()) < 21 else repr(float(value))
    sign = "+" if "+" in flags else " " if " " in flags else ""
    return body if body.startswith("-") else sign + body


def _format(text: Value, *args: Value) -> Value:
    if isinstance(text, str) and all(map(wholly_known, args)):
        return format_values(text, *args)
    if None in args or any(isinstance(a, Unknown) and a.type is ANY for a in args):
        return Unknown()
    return Unknown(STRING, not_null=True, prefix=beginning(text.partition("%")[0]) if isinstance(text, str) else "")


def _formatlist(text: Value, *args: Value) -> Value:
    waiting = [a.type for a in args if isinstance(a, Unknown)]
    if ANY in waiting or (waiting and None in args):
        return Unknown()
    unsized = any(isinstance(a, SetValue) and len(a.items) > 1 and not wholly_known(a) for a in args)
    if not isinstance(text, str) or unsized or any(isinstance(kind, ListType | SetType | TupleType) for kind in waiting):
        return Unknown(ListType(STRING), not_null=True)
    columns = [a.items if isinstance(a, TupleValue | ListValue | SetValue) else None for a in args]
    sizes = {len(c) for c in columns if c is not None}
    if len(sizes) > 1:
        raise FunctionError("the list arguments must all have the same length", 1)
    count = sizes.pop() if sizes else 1
    rows = [[c[i] if c is not None else a for c, a in zip(columns, args, strict=True)] for i in range(count)]
    return ListValue(STRING, tuple(_row(text, row) for row in rows))


def _row(text: str, values: list[Value]) -> Value:
    return format_values(text, *values) if all(map(wholly_known, values)) else Unknown(STRING, not_null=True)


FUNCTIONS: dict[str, Implementation] = {"format": _format, "formatlist": _formatlist}
__all__ = ["FUNCTIONS", "Unknown", "format_values"]
