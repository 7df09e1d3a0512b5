"""What was probably meant, where a text is no HCL: habits from other languages, and braces that are missing."""

from __future__ import annotations

import re
from collections.abc import Callable

_WORDS = {"and": "&&", "or": "||", "not": "!"}
_HEADER = re.compile(r'^[A-Za-z_][\w\-]*(?:[ \t]+(?:"[^"\n]*"|[A-Za-z_][\w\-]*))*[ \t]*\{', re.MULTILINE)
_NUMBER = re.compile(r"\d[\d_]*_\d[\d_]*")
_BASED = re.compile(r"0(?P<base>[xXbBoO])(?P<digits>[0-9A-Fa-f]+)")
_BASES = {"x": 16, "b": 2, "o": 8}
_HEREDOC = re.compile(r"<<-?\s*([^\W\d][\w-]*)[ \t\r]*$", re.MULTILINE)
_LAMBDA = re.compile(r"(?P<open>[\[{])\s*(?P<value>[^\[\]{}:]*?)\s+for\s+(?P<names>[^\[\]{}]*?)\s+in\s")


def meant(text: str, summary: str, start: int) -> str:
    """A hint about the mistake `summary` at the offset `start`, or the empty string."""
    for rule in _RULES:
        if hint := rule(text, summary, start):
            return hint
    return ""


def block_around(text: str, at: int) -> str:
    """The header of the top-level block that the offset `at` lies in as far as indentation tells (`output "x"`), or nothing."""
    header = max(_HEADER.finditer(text, 0, at), key=re.Match.start, default=None)
    if header is None or re.compile(r"^\}", re.MULTILINE).search(text, header.end(), at):
        return ""
    line = text[header.start() : header.end()]
    return "" if text.rfind("\n", 0, at) < header.start() else line.removesuffix("{").strip()


def _line(text: str, at: int) -> tuple[str, int]:
    begin = text.rfind("\n", 0, at) + 1
    end = text.find("\n", at)
    return text[begin : end if end >= 0 else len(text)], at - begin


def _operator(text: str, summary: str, start: int) -> str:
    """`a and b`, `not a`: words of other languages."""
    line, at = _line(text, start)
    for found in re.finditer(r'(?<![\w".-])(and|or|not)(?![\w".-])', line):
        if found.start() <= at <= found.end() + 1:
            word = found[1]
            wanted = "!x" if word == "not" else f"x {_WORDS[word]} y"
            return f'write {_WORDS[word]} for "{word}": {wanted}'
    if line[max(0, at - 1) : at + 1] == "**" or line[at : at + 2] == "**":
        return "a power is pow(x, y)"
    if line[at : at + 2] == "//" or line[at : at + 3] == "===":
        return "write == to compare" if line[at] == "=" else ""
    if line[max(0, at - 1) : at + 1] in ("++", "--", "+=", "-="):
        return "values do not change: write another name for the result"
    return ""


def _conditional(text: str, summary: str, start: int) -> str:
    line, at = _line(text, start)
    if re.search(r"=\s*if\b", line[: at + 3]):
        return "a choice is written: CONDITION ? VALUE : OTHER"
    if re.search(r"=\s*(?:function|lambda|def)\b|=>\s*\{", line[: at + 8]) and summary != "Invalid 'for' expression":
        return "there are no functions of your own: repeat with for, or put what repeats into a module"
    return ""


def _number(text: str, summary: str, start: int) -> str:
    line, at = _line(text, start)
    for found in _NUMBER.finditer(line):
        if found.start() <= at <= found.end():
            return f"write: {found[0].replace('_', '')}"
    for found in _BASED.finditer(line):
        if found.start() <= at <= found.end():
            return f'write: parseint("{found["digits"]}", {_BASES[found["base"].lower()]})'
    if part := re.match(r"\.(\d+)", line[at:]):
        return f"write: 0.{part[1]}"
    whole = re.search(r"(?<![\w.])(\d+)\.\s*$", line[:at])
    if summary == "Invalid attribute name" and whole:
        return f"write: {whole[1]}, or {whole[1]}.0"
    return ""


def _comprehension(text: str, summary: str, start: int) -> str:
    """`[x for x in xs]`, `{for x in xs: x}`."""
    line, at = _line(text, start)
    found = next((f for f in _LAMBDA.finditer(line) if f.start() <= at <= f.end()), None)
    if found and found["value"] and summary == "Missing item separator":
        return f"write: {found['open']}for {found['names']} in … : {found['value']}{']' if found['open'] == '[' else '}'}"
    if summary == "Invalid 'for' expression" and (two := re.search(r"\bfor\s+(\w+)\s+(\w+)$", line[: at + 1].rstrip())):
        return f"write: for {two[1]}, {two[2]} in …"
    if summary == "Invalid 'for' expression" and re.search(r"\{\s*for\b[^{}]*$", line[:at]):
        return "write: { for x in … : KEY => VALUE }, or [for x in … : VALUE] for a list"
    return ""


def _quote(text: str, summary: str, start: int) -> str:
    if summary == "Invalid escape sequence":
        return 'a backslash itself is written "\\\\"'
    if summary == "Invalid character" and text[start] == "'":
        found = re.match(r"'([^'\n]*)'", text[start:])
        return f'write: "{found[1]}"' if found and '"' not in found[1] else ""
    if summary == "Invalid character" and text[start] == "`":
        return 'texts stand in double quotes ("); those of several lines in a heredoc (<<-EOT)'
    if summary == "Invalid character" and text[start] in "“”„":
        return 'texts stand in plain double quotes ("), not in those of word processors'
    return ""


def _separator(text: str, summary: str, start: int) -> str:
    if summary == "Missing newline after argument" and text[start : start + 1] == ",":
        return "remove the comma: arguments of a block are separated by newlines"
    if summary == "Missing newline after argument" and text[start : start + 1] == "=":
        return "write == to compare"
    line, at = _line(text, start)
    if summary == "Invalid block definition" and text[start : start + 1] == "=":
        return "remove the =: a block has none"
    if summary == "Invalid single-argument block definition" and re.match(r"[\w-]+\s*=(?!=)", line[at:]):
        return "write each argument on a line of its own"
    if summary == "Invalid single-argument block definition" and text[start : start + 1] == "=":
        return "write == to compare"
    if summary in ("Argument or block definition required", "Invalid argument name"):
        if found := re.match(r"\s*([\w-]+)\s*:", line):
            return f"write: {found[1]} = …"
        if found := re.match(r"\s*([\w-]+)\s*==", line):
            return f"write: {found[1]} = …"
        if found := re.match(r'\s*([\w-]+)[ \t]+([\w"\[].*?)\s*$', line):
            return f"write: {found[1]} = {found[2]}"
        if found := re.match(r'\s*"([\w-]+)"\s*=', line):
            return f"write the name without quotes: {found[1]} = …"
    return ""


def _brace(text: str, summary: str, start: int) -> str:
    if summary != "Unclosed configuration block":
        return ""
    after = _HEADER.search(text, text.find("\n", start))
    if after is None or text.find("\n", start) < 0:
        return "write the missing } at the end of the block"
    number = text.count("\n", 0, after.start()) + 1
    return f"line {number} begins like a block of its own: a }} is missing before it"


def _heredoc(text: str, summary: str, start: int) -> str:
    if summary != "Unterminated template string":
        return ""
    last = max(_HEREDOC.finditer(text, 0, start), key=re.Match.start, default=None)
    if last is None:
        return ""
    number = text.count("\n", 0, last.start()) + 1
    return f"the text that begins on line {number} ends at a line that holds {last[1]} and nothing else"


_RULES: tuple[Callable[[str, str, int], str], ...] = (
    _quote,
    _brace,
    _heredoc,
    _separator,
    _comprehension,
    _number,
    _conditional,
    _operator,
)
