"""Durations as Go and Terraform write them: `30s`, `5m`, `1h30m`."""

from __future__ import annotations

import re

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h))+")
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")


def seconds(text: str) -> float:
    """The seconds that `text` says. Raises ValueError, with a sentence, when it is no duration."""
    if not _WHOLE.fullmatch(text):
        raise ValueError(f'"{text}" is not a duration such as 30s, 5m or 1h30m')
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text))
