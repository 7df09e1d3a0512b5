"""Triggers as the server reads them: cron by robfig/cron v1.2, seconds first, where five fields are taken and misread."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from kfinfra.sandbox.kfp.faults import Fault, invalid

_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS = (
    ("second", 0, 59, ()),
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of week", 0, 6, _DAYS),
)
_DESCRIPTORS = {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}


def check_trigger(trigger: dict[str, Any]) -> None:
    """Raises Fault for a trigger that the server refuses. None at all is taken (api_converter.go toModelTrigger)."""
    cron, period = trigger.get("cron_schedule"), trigger.get("periodic_schedule")
    if cron is not None:
        check_cron(cron.get("cron", ""))
    if period is not None:
        interval = period.get("interval_second", 0)
        if interval < 1:
            raise invalid(f"Found invalid period schedule interval {interval}. Set at interval to least 1 second")


def check_cron(text: str) -> None:
    """Raises Fault for what robfig/cron v1.2's Parse refuses: the day of week may be left out, the seconds may not."""
    if not text:
        raise _refused("Empty spec string")
    if text.startswith("@"):
        if text in _DESCRIPTORS or re.fullmatch(r"@every (\d+(\.\d+)?(ns|us|ms|s|m|h))+", text):
            return
        raise _refused(f"Unrecognized descriptor: {text}")
    fields = text.split()
    if len(fields) not in (5, 6):
        raise _refused(f"Expected 5 to 6 fields, found {len(fields)}: {text}")
    for field, (name, low, high, names) in zip(fields, _FIELDS, strict=False):
        for part in field.split(","):
            _check_part(part, name, low, high, names)


def _refused(why: str) -> Fault:
    return invalid(f"Schedule cron is not a supported format(https://godoc.org/github.com/robfig/cron). Error: {why}")


def _check_part(part: str, name: str, low: int, high: int, names: Sequence[str]) -> None:
    span, _, step = part.partition("/")
    ends = [] if span in ("*", "?") else span.split("-")
    numbers = [_number(end, low, names) for end in ends]
    wrong = len(ends) > 2 or None in numbers or ("/" in part and not (step.isdigit() and int(step) > 0))
    known = [n for n in numbers if n is not None]
    if wrong or any(not low <= n <= high for n in known) or known != sorted(known):
        raise _refused(f"{part} is no {name}")


def _number(text: str, low: int, names: Sequence[str]) -> int | None:
    if text.lower() in names:
        return names.index(text.lower()) + low
    return int(text) if text.isdigit() else None
