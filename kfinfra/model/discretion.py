"""What is not said of a sensitive value: a message about one says no more than that, and any other leaves it out."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from kfinfra.diag import Diagnostic
from kfinfra.model.plain import UNKNOWN, Attributes, Path, Plain, at_path, leaves
from kfinfra.model.schema import Problem

_SHORT = 4


def discreet(problem: Problem, sensitive: Collection[Path]) -> Problem:
    """The problem without its words, where it is about what is sensitive: these may hold the value, or a part of it."""
    path = problem.path
    if not path or not any(path[: len(s)] == s[: len(path)] for s in sensitive):
        return problem
    detail = "The value is sensitive or ephemeral, so that it is not shown what is wrong with it."
    return replace(problem, detail=detail, hint="nonsensitive(…) around a sensitive value shows it")


def secrets(attributes: Attributes, sensitive: Iterable[Path]) -> list[str]:
    """The texts under the sensitive paths, the longest first."""
    found = {text for path in sensitive for text in _texts(at_path(dict(attributes), path))}
    return sorted(found, key=len, reverse=True)


def without(found: Diagnostic, hidden: Iterable[str]) -> Diagnostic:
    """The message without these texts; short ones are taken out where they stand in quotes."""
    detail, hint = found.detail, found.hint
    for text in hidden:
        escaped = json.dumps(text)
        for one in (escaped, f'"{text}"', *((escaped[1:-1], text) if len(text) >= _SHORT else ())):
            detail, hint = detail.replace(one, "(sensitive value)"), hint.replace(one, "(sensitive value)")
    return found if (detail, hint) == (found.detail, found.hint) else replace(found, detail=detail, hint=hint)


def _texts(value: Plain) -> Iterator[str]:
    for _, leaf in leaves(value):
        if leaf is not UNKNOWN and isinstance(leaf, str | int | float) and not isinstance(leaf, bool) and str(leaf).strip():
            yield str(leaf)
