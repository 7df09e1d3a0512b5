"""Equal signs of neighbours in one column, as Terraform's plans have them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

_LINE = re.compile(r'(\s*(?:[-+~] )?)([\w.-]+|"(?:[^"\\]|\\.)*") = ')
_TEXT = re.compile(r"(\s*)(?:[-+~] )?.* = <<-EOT")


def aligned(lines: Iterable[str]) -> list[str]:
    """`lines` with the names of each nesting level padded to the longest one beside them; texts are left as they are."""
    found = list(lines)
    groups: dict[tuple[int, ...], list[int]] = defaultdict(list)
    parents: list[tuple[int, int]] = []
    until = ""
    for number, line in enumerate(found):
        if until:
            until = "" if line.strip() == "EOT" else until
            continue
        until = "EOT" if _TEXT.match(line) else ""
        match = _LINE.match(line)
        if match is None:
            continue
        column = len(match[1])
        while parents and parents[-1][0] >= column:
            parents.pop()
        groups[(column, *(at for _, at in parents))].append(number)
        if line.endswith(("{", "[")) or "{ #" in line or "[ #" in line:
            parents.append((column, number))
    for numbers in groups.values():
        _pad(found, numbers)
    return found


def _pad(lines: list[str], numbers: list[int]) -> None:
    names = {n: match for n in numbers if (match := _LINE.match(lines[n]))}
    width = max(len(m[2]) for m in names.values())
    for number, match in names.items():
        lines[number] = f"{match[1]}{match[2]:<{width}} = {lines[number][match.end() :]}"
