"""Functions of time: RFC 3339 text, Go's durations, Terraform's `formatdate` letters."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from kfinfra.hcl.functions.function import FunctionError, Implementation
from kfinfra.values.data import Value

_RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
_UNITS = {"h": 3600e6, "m": 60e6, "s": 1e6, "ms": 1e3, "us": 1.0, "µs": 1.0, "ns": 1e-3}
_PART = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|m|s|us|µs|ns)")
_TOKEN = re.compile(r"'((?:[^']|'')*)'|([A-Za-z])\2*|[^A-Za-z']+|'")


def parse_time(text: str, argument: int) -> datetime:
    """An RFC 3339 timestamp. Raises FunctionError."""
    if _RFC3339.fullmatch(text):
        try:
            return datetime.fromisoformat(text)
        except ValueError:
            pass
    raise FunctionError(f'not a valid RFC3339 timestamp: "{text}"', argument)


def stamp(moment: datetime) -> str:
    """RFC 3339 text, `Z` for UTC, no fraction."""
    text = moment.replace(microsecond=0).isoformat()
    return text.removesuffix("+00:00") + "Z" if text.endswith("+00:00") else text


def _duration(text: str) -> timedelta:
    body = text[1:] if text[:1] in ("+", "-") else text
    if body == "0":
        return timedelta()
    parts = _PART.findall(body)
    if "".join(n + u for n, u in parts) != body or not parts:
        raise FunctionError(f'"{text}" is not a valid duration', 1)
    total = timedelta(microseconds=sum(float(n) * _UNITS[u] for n, u in parts))
    return -total if text.startswith("-") else total


def _cmp(a: str, b: str) -> Value:
    first, second = parse_time(a, 0), parse_time(b, 1)
    return (first > second) - (first < second)


def _letters(run: str, t: datetime) -> str:
    offset = t.strftime("%z")
    zone = f"{offset[:3]}:{offset[3:5]}"
    hour = t.hour % 12 or 12
    table = {
        "YYYY": f"{t.year:04}", "YY": f"{t.year % 100:02}", "MMMM": t.strftime("%B"), "MMM": t.strftime("%b"),
        "MM": f"{t.month:02}", "M": str(t.month), "DD": f"{t.day:02}", "D": str(t.day), "EEEE": t.strftime("%A"),
        "EEE": t.strftime("%a"), "hh": f"{t.hour:02}", "h": str(t.hour), "HH": f"{hour:02}", "H": str(hour),
        "AA": "AM" if t.hour < 12 else "PM", "aa": "am" if t.hour < 12 else "pm", "mm": f"{t.minute:02}", "m": str(t.minute),
        "ss": f"{t.second:02}", "s": str(t.second), "ZZZZZ": zone, "ZZZZ": offset[:5],
        "ZZZ": "UTC" if zone == "+00:00" else offset[:5], "Z": "Z" if zone == "+00:00" else zone,
    }  # fmt: skip
    if run not in table:
        raise FunctionError(f'invalid date format verb "{run}"', 0)
    return table[run]


def _formatdate(layout: str, text: str) -> Value:
    moment = parse_time(text, 1)

    def piece(found: re.Match[str]) -> str:
        if found.group(1) is not None:
            return found.group(1).replace("''", "'") or "'"
        if found.group(0) == "'":
            raise FunctionError("unterminated literal '", 0)
        return _letters(found.group(0), moment) if found.group(2) else found.group(0)

    return _TOKEN.sub(piece, layout)


def _timeadd(text: str, duration: str) -> Value:
    try:
        return stamp(parse_time(text, 0) + _duration(duration))
    except OverflowError as bad:
        raise FunctionError("the result is beyond the year 9999 or before the year 1") from bad


FUNCTIONS: dict[str, Implementation] = {"formatdate": _formatdate, "timeadd": _timeadd, "timecmp": _cmp}
