"""What KFP accepts, said before it is asked: names, times, intervals, and attributes that go together. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from kfinfra.model.durations import seconds
from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.schema import Check, Problem
from kfinfra.providers.kfp.marks import KEY
from kfinfra.providers.kfp.parameters import against_pipeline

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


def check_schedule_name(value: Plain) -> Iterable[Problem]:
    """A recurring run's name, of which KFP makes a Kubernetes object's (apiserver/template, toSWFCRDResourceGeneratedName)."""
    yield from name_check("recurring run", 255)(value)
    text = re.sub(r"[^a-z0-9-]+", "", str(value).lower())
    if text.startswith("-"):
        detail = f'KFP keeps "{text[:25]}" of "{value}" for a Kubernetes object, whose name cannot begin with a dash.'
        yield Problem((), "Invalid recurring run name", detail, "begin it with a letter from a to z, or a digit")


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


def check_pipeline(attributes: Attributes) -> Iterable[Problem]:
    """Exactly one of `source`, `package` and tasks of its own; `function` belongs to a source."""
    given = [name for name in ("source", "package", "dag") if attributes.get(name) is not None]
    if len(given) != 1:
        words = {"dag": "blocks"}
        said = " and ".join(words.get(name, name) for name in given) + " are written" if given else "none is written"
        detail = f"A pipeline has exactly one of source (Python), package (compiled YAML) and task blocks; {said}."
        yield Problem(tuple(n for n in given if n != "dag")[-1:], "Invalid pipeline", detail)
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
    yield from against_pipeline(attributes)


def read_only(what: str) -> Callable[[Plain], Iterable[Problem]]:
    """A check that refuses whatever is written."""

    def check(value: Plain) -> Iterable[Problem]:
        yield Problem((), "Read-only argument", f'"{what}" is set by kfinfra and cannot be written.')

    return check
