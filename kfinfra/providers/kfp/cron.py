"""KFP's cron lines: six fields with seconds first (robfig/cron v1.2), and what is said of five. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from kfinfra.diag import counted, did_you_mean
from kfinfra.model.plain import Plain
from kfinfra.model.schema import Problem

_DESCRIPTORS = ("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly")
_MONTHS = {
    name: number
    for number, name in enumerate(["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1)
}
_DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])}
_FIELDS: tuple[tuple[str, int, int, Mapping[str, int]], ...] = (
    ("second", 0, 59, {}),
    ("minute", 0, 59, {}),
    ("hour", 0, 23, {}),
    ("day of the month", 1, 31, {}),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)


def check_cron(value: Plain) -> Iterable[Problem]:
    """KFP's cron has six fields, seconds first (robfig/cron v1.2), and misreads one of five: #5014, #2318."""
    text = str(value).strip()
    fields = text.split()
    if text.startswith("@"):
        if text not in _DESCRIPTORS and not re.fullmatch(r"@every (\d+(\.\d+)?(ns|us|µs|ms|s|m|h))+", text):
            known = ", ".join(_DESCRIPTORS)
            yield Problem(
                (), "Invalid cron", f'"{text}" is none of {known} and @every DURATION.{did_you_mean(text, _DESCRIPTORS)}'
            )
    elif len(fields) == 5:
        detail = (
            f'"{text}" has five fields. KFP\'s cron has six, with seconds first: it would take "{fields[0]}" for seconds, '
            f'"{fields[1]}" for minutes and "{fields[2]}" for hours, and run at quite other times.'
        )
        yield Problem((), "Cron with five fields", detail, f'write "0 {text}"')
    elif len(fields) != 6:
        wanted = "second, minute, hour, day of month, month, day of week"
        detail = f'"{text}" has {counted(len(fields), "field")}. KFP\'s cron has six: {wanted}.'
        yield Problem((), "Invalid cron", detail, 'every night at two is "0 0 2 * * *"')
    else:
        for field, (what, low, high, names) in zip(fields, _FIELDS, strict=True):
            why = _field_problem(field, low, high, names)
            if why:
                yield Problem((), "Invalid cron", f'In "{text}" the {what} is "{field}": {why}.')


def _field_problem(field: str, low: int, high: int, names: Mapping[str, int]) -> str:
    for part in field.split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isdigit() and int(step) > 0):
            return f'"{step}" is no step'
        if span in ("*", "?"):
            continue
        ends = [names.get(end.upper(), int(end) if end.isascii() and end.isdigit() else -1) for end in span.split("-")]
        if len(ends) > 2 or not all(low <= end <= high for end in ends):
            return f"it takes numbers from {low} to {high}"
        if ends != sorted(ends):
            return f'the range "{span}" begins after its end'
    return ""
