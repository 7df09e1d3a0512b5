"""`Did you mean …?`: the nearest_name known name to one that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest_name(given: str, known: Iterable[str]) -> str | None:
    """The closest of `known` to a name that does not exist, None where none is close."""
    return next(iter(get_close_matches(given, list(known), n=1, cutoff=0.6)), None)


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """A sentence naming the closest of `known` (` Did you mean "x"?`, with the leading space), or the empty string."""
    close = nearest_name(given, known)
    return f' Did you mean "{close}"?' if close is not None else ""
