"""`Did you mean …?`: the nearest known name to one that does not exist."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """A sentence naming the closest of `known` (` Did you mean "x"?`, with the leading space), or the empty string."""
    close = get_close_matches(given, list(known), n=1, cutoff=0.6)
    return f' Did you mean "{close[0]}"?' if close else ""
