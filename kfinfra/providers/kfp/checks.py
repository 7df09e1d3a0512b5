"""What KFP accepts, said before it is asked: names, cron lines, times, intervals, parameters. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime

from kfinfra.config.durations import seconds
from kfinfra.diag import did_you_mean
from kfinfra.model.plain import UNKNOWN, Attributes, Path, Plain
from kfinfra.model.schema import Check, Problem
from kfinfra.providers.kfp.marks import KEY

EXACT = 2**53
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
_TIME = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)")


def name_check(what: str, limit: int, *, path: bool = False) -> Check:
    """A check of a name's length in bytes (backend/src/apiserver/validation/length.go).

    `path`: the name stands in URLs, where grpc-gateway takes an escaped slash for a real one.
    """

    def check(value: Plain) -> Iterable[Problem]:
        text = str(value)
        length = len(text.encode())
        if not text.strip() or any(ord(c) < 32 for c in text):
            yield Problem((), f"Invalid {what} name", f"The name {text!r} is empty or holds control characters.")
        elif length > limit:
            yield Problem((), f"Invalid {what} name", f'"{text}" has {length} bytes; KFP takes at most {limit}.')
        elif path and "/" in text:
            yield Problem((), f"Invalid {what} name", f'"{text}" holds a slash: KFP cannot look it up by its name.')

    return check


def check_description(value: Plain) -> Iterable[Problem]:
    """A description does not hold kfinfra's own mark."""
    if f"[{KEY}=" in str(value):
        yield Problem((), "Invalid description", f'"[{KEY}=" is how kfinfra marks what it owns; it cannot be written.')


def whole_check(what: str, low: int, high: int | None = None) -> Check:
    """A check of a whole number's range."""

    def check(value: Plain) -> Iterable[Problem]:
        if isinstance(value, bool) or not isinstance(value, int) or value < low or (high is not None and value > high):
            limits = f"from {low} to {high}" if high is not None else f"of at least {low}"
            yield Problem((), f"Invalid {what}", f"{value} is not a whole number {limits}.")

    return check


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
        detail = (
            f'"{text}" has {len(fields)} fields. KFP\'s cron has six: second, minute, hour, day of month, month, day of week.'
        )
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


def instant(value: Plain) -> datetime | None:
    """The moment that an RFC 3339 text names, in whole seconds as KFP keeps it; None where it is none."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value.upper()).replace(microsecond=0)
    except ValueError:
        return None


def check_time(value: Plain) -> Iterable[Problem]:
    """RFC 3339, with its offset."""
    if instant(value) is None:
        yield Problem((), "Invalid time", f'"{value}" is not a time as RFC 3339 writes it.', 'such as "2026-01-31T02:00:00Z"')


def same_time(old: Plain, new: Plain) -> bool:
    """Whether two texts name the same second."""
    return instant(old) == instant(new) if instant(old) and instant(new) else old == new


def check_interval(value: Plain) -> Iterable[Problem]:
    """A duration of whole seconds, at least one."""
    try:
        length = seconds(str(value))
    except ValueError as problem:
        yield Problem((), "Invalid interval", f"{problem}.")
        return
    if length < 1 or length != int(length):
        yield Problem((), "Invalid interval", f'"{value}" is not a whole number of seconds, at least one.')


def same_interval(old: Plain, new: Plain) -> bool:
    """Whether two durations are as long."""
    try:
        return seconds(str(old)) == seconds(str(new))
    except ValueError:
        return old == new


def check_parameters(value: Plain) -> Iterable[Problem]:
    """An object of JSON values; KFP holds numbers as doubles, which have 53 bits."""
    if not isinstance(value, dict):
        yield Problem((), "Invalid parameters", "An object is required: parameter names with their values.")
        return
    for path, number in _numbers(value, ()):
        if abs(number) > EXACT:
            detail = f"{number} is too large: KFP holds numbers as doubles, and would run with another one."
            yield Problem(path, "Number loses precision", detail, "pass it as a string")


def _numbers(value: Plain, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, (*path, index))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path, value


def same_json(old: Plain, new: Plain) -> bool:
    """Equality of JSON values, in which 1 and 1.0 are one number and true is none."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same_json(old[k], new[k]) for k in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same_json, old, new))
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def check_experiment_name(value: Plain) -> Iterable[Problem]:
    """Experiments have the limits of pipelines."""
    return name_check("experiment", 128)(value)


def check_pipeline(attributes: Attributes) -> Iterable[Problem]:
    """Exactly one of `source` and `package`; `function` belongs to a source."""
    given = [name for name in ("source", "package") if attributes.get(name) is not None]
    if len(given) != 1:
        detail = "A pipeline has exactly one of source (Python) and package (compiled YAML)" + (
            "; both are written." if given else "; none is written."
        )
        yield Problem((given[-1],) if given else (), "Invalid pipeline", detail)
    if attributes.get("function") is not None and attributes.get("source") is None:
        detail = "function names the pipeline within a Python source; a compiled package holds just one."
        yield Problem(("function",), "Invalid pipeline", detail, "remove function")


def check_recurring_run(attributes: Attributes) -> Iterable[Problem]:
    """One of `cron` and `interval`; an end after the start; parameters that the pipeline has."""
    given = [name for name in ("cron", "interval") if attributes.get(name) is not None]
    if len(given) != 1:
        detail = "A recurring run has exactly one of cron and interval" + (
            "; both are written." if given else "; none is written."
        )
        yield Problem((given[-1],) if given else (), "Invalid recurring run", detail)
    start, end = instant(attributes.get("start")), instant(attributes.get("end"))
    if start is not None and end is not None and end <= start:
        detail = f"It ends at {attributes['end']}, before it starts at {attributes['start']}."
        yield Problem(("end",), "Invalid recurring run", detail)
    yield from _against_pipeline(attributes)


def _against_pipeline(attributes: Attributes) -> Iterator[Problem]:
    """The parameters against those of the pipeline, where these are known and the run does not pin another version."""
    pipeline, given = attributes.get("pipeline"), attributes.get("parameters")
    known = pipeline.get("parameters") if isinstance(pipeline, dict) else None
    if not isinstance(pipeline, dict) or not isinstance(known, dict) or given is UNKNOWN:
        return
    if attributes.get("version") not in (None, pipeline.get("version")):
        return
    values = given if isinstance(given, dict) else {}
    name = pipeline.get("name")
    for parameter in values.keys() - known.keys():
        detail = f'The pipeline "{name}" has no parameter "{parameter}".{did_you_mean(parameter, known)}'
        yield Problem(("parameters", parameter), "Unknown parameter", detail)
    for parameter, about in known.items():
        if parameter not in values and isinstance(about, dict) and about.get("required"):
            detail = f'The pipeline "{name}" needs a value for its parameter "{parameter}": it has no default.'
            yield Problem(("parameters",), "Missing parameter", detail, f"add it: parameters = {{ {parameter} = … }}")


def read_only(what: str) -> Callable[[Plain], Iterable[Problem]]:
    """A check that refuses whatever is written."""

    def check(value: Plain) -> Iterable[Problem]:
        yield Problem((), "Read-only argument", f'"{what}" is set by kfinfra and cannot be written.')

    return check
