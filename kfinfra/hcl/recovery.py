"""After a mistake: what to leave out, so that the next mistake in the text is one of its own and no consequence.

The item (argument or block) that holds the mistake is blanked and the rest read again. It is left out only where its brackets
and its indentation agree on where it ends; else the block around it is, and at last everything up to the next line that
begins a top-level block. Where the text is not indented by its nesting only the first mistake is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import TypeAlias

from kfinfra.hcl.problem import SyntaxProblem

MOST = 10
_HEADER = re.compile(r'^[A-Za-z_][\w\-]*(?:[ \t]+(?:"[^"\n]*"|[A-Za-z_][\w\-]*))*[ \t]*\{', re.MULTILINE)
_PIECE = re.compile(
    r"""(?P<comment>(?:\#|//)[^\n]*|/\*.*?\*/) | "(?:[^"\\\n]|\\.)*"? | <<-?(?P<mark>[^\W\d][\w\-]*)\r?\n
    | (?P<open>[(\[{]) | (?P<close>[)\]}]) | (?P<newline>\n) | .""",
    re.VERBOSE | re.DOTALL,
)
_PAIRS = {"(": ")", "[": "]", "{": "}"}
# A heredoc that is not recognized, or never closed, leaves its text to be read as configuration.
_HEREDOC = re.compile(r"<(?:\W{0,3}[\w\-]*|<\S*)[ \t\r]*$")
_COMMENT = re.compile(r"(?:\#|//).*")
_UNTRUSTED = ("Unterminated comment", "Unterminated template string")
# What can stand on the line behind an item: another one, a comment, or what closes the block around.
_LINE = re.compile(r'[^\S\n]*(?:[#/}]|[^\W\d][\w\-]*(?:[ \t]*=(?!=)|(?:[ \t]+(?:"[^"\n]*"|[^\W\d][\w\-]*))*[ \t]*\{))')


Read: TypeAlias = Callable[[str], SyntaxProblem | None]
Items: TypeAlias = Callable[[str, int], list[int]]


def mistakes(text: str, read: Read, items: Items) -> list[SyntaxProblem]:
    """The mistakes in `text`, in order.

    `read` tells the first one of a text; `items` where the items begin that hold an offset, the outermost first.
    """
    found: list[SyntaxProblem] = []
    behind = 0
    while (problem := read(text)) is not None and len(found) < MOST:
        if found and (problem.start < behind or not _of_its_own(problem, text, behind)):
            break
        found.append(problem)
        if problem.summary in _UNTRUSTED or not _indented(text):
            break
        hole = _hole(text, problem, items(text, problem.start))
        if hole is None:
            break
        start, behind = hole
        text = text[:start] + re.sub(r"[^\n]", " ", text[start:behind]) + text[behind:]
    return found


def _of_its_own(problem: SyntaxProblem, text: str, behind: int) -> bool:
    """Whether a later mistake is no consequence of what was left out, as braces without their other half may be.

    A name that is set twice may be one in another block only.
    """
    if problem.also is not None:
        return _HEADER.search(text, behind, problem.also) is not None
    if problem.summary == "Argument or block definition required":
        return text[problem.start].isidentifier()
    return problem.summary != "Unclosed configuration block"


def _indented(text: str) -> bool:
    """Whether what a line's last bracket opens is indented under it."""
    lines = [line for line in _COMMENT.sub("", text).split("\n") if line.strip()]
    for line, after in pairwise(lines):
        if line.rstrip()[-1] in _PAIRS and _indent(after) <= _indent(line) and after.lstrip()[0] not in ")]}":
            return False
    return True


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))


def _hole(text: str, problem: SyntaxProblem, items: list[int]) -> tuple[int, int] | None:
    """From where to where to leave out; None where nothing is sure."""
    line_end = text.find("\n", problem.start)
    line = text[text.rfind("\n", 0, problem.start) + 1 : line_end if line_end >= 0 else len(text)]
    if _HEREDOC.search(line):
        return None
    for start in reversed(items):
        end = _end(text, start)
        if end is not None and end >= problem.start and _agrees(text, start, end):
            return start, end
    after = _HEADER.search(text, max(problem.start, line_end))
    if not items or after is None or line_end < 0 or "<<" in text[items[0] : after.start()]:
        return None
    return items[0], after.start()


def _end(text: str, start: int) -> int | None:
    """Where the item that begins at `start` ends by its brackets: behind a newline outside of all of them."""
    open_: list[str] = []
    at = start
    while found := _PIECE.match(text, at):
        at = found.end()
        if mark := found.group("mark"):
            closing = re.compile(rf"^[ \t]*{re.escape(mark)}[ \t\r]*$", re.MULTILINE).search(text, at)
            if closing is None:
                return None
            at = closing.end()
        elif bracket := found.group("open"):
            open_.append(_PAIRS[bracket])
        elif bracket := found.group("close"):
            if open_ and open_[-1] == bracket:
                open_.pop()
            elif bracket == "}":
                return None
        elif found.group("newline") and not open_:
            return at
    return None if open_ else len(text)


def _agrees(text: str, start: int, end: int) -> bool:
    """Whether the next line is indented as one behind this item is: as the item, or less where it closes what is around."""
    line = text.rfind("\n", 0, start) + 1
    own = _indent(text[line:start] + "x")
    after = next((each for each in text[end:].split("\n") if each.strip()), None)
    if text[line:start].strip() or (after is not None and not _LINE.match(after)):
        return False
    if after is None:
        return own == 0
    if after.lstrip()[0] == "}":
        return _indent(after) < own
    return _indent(after) == own
