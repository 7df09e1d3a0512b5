"""The shapes of HCL's tokens as regular expressions, for the parser's scanner and the formatter's tokens alike.

The boundaries are those of HashiCorp's scanner (hclsyntax/scan_tokens.rl). `re` scans ASCII texts; names in other texts need
Unicode's ID_Start and ID_Continue, which only `regex` knows and which it matches more slowly.
"""

from __future__ import annotations

import re
from typing import Protocol

ASCII_NAME = r"[A-Za-z_][A-Za-z0-9_\-]*"
UNICODE_NAME = r"[\p{ID_Start}_][\p{ID_Continue}\-]*"
NUMBER = r"[0-9](?:(?:[0-9.]|[eE][+\-]?[0-9])*(?:[0-9]|[eE][+\-]?[0-9]))?"
BLANK = r"(?:[ \t]+|(?:\#|//)[^\n]*|/\*.*?\*/)*"
WIDE = r"(?:[ \t\n]+|\r\n|(?:\#|//)[^\n]*|/\*.*?\*/)*"

_MAIN = r"""{blank}(?:
    (?P<name>{name})
    | (?P<newline>\r?\n)
    | (?P<quote>")
    | (?P<number>{number})
    | (?P<heredoc><<-?(?P<mark>{name})\r?\n)
    | (?P<op>\.\.\.|=>|==|!=|>=|<=|&&|\|\||~\}}|/(?![/*])|[=.,(){{}}\[\]:?+\-*%!<>])
    | (?P<end>\Z)
)"""


class Match(Protocol):
    """What is used of a match, of `re` or of `regex`."""

    lastgroup: str | None

    def group(self, name: str = ..., /) -> str: ...
    def start(self, name: str = ..., /) -> int: ...
    def end(self) -> int: ...


class Pattern(Protocol):
    """What is used of a compiled pattern, of `re` or of `regex`."""

    def match(self, text: str, at: int = ..., /) -> Match | None: ...


class Patterns:
    """The patterns over one kind of text: `main` is white space and a token, `name` a name alone."""

    def __init__(self, main: Pattern, name: Pattern) -> None:
        self.main, self.name = main, name


_FLAGS = re.DOTALL | re.VERBOSE
VALID_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+\-]?[0-9]+)?")
BLANKS: Pattern = re.compile(BLANK, re.DOTALL)  # type: ignore[assignment]
WIDES: Pattern = re.compile(WIDE, re.DOTALL)  # type: ignore[assignment]
_ASCII = Patterns(
    re.compile(_MAIN.format(blank=BLANK, name=ASCII_NAME, number=NUMBER), _FLAGS),  # type: ignore[arg-type]
    re.compile(ASCII_NAME),  # type: ignore[arg-type]
)


def patterns(text: str) -> Patterns:
    """The patterns for `text`."""
    return _ASCII if text.isascii() else _unicode()


_made: list[Patterns] = []


def _unicode() -> Patterns:
    if not _made:
        import regex

        flags = regex.DOTALL | regex.VERBOSE
        main = regex.compile(_MAIN.format(blank=BLANK, name=UNICODE_NAME, number=NUMBER), flags)
        _made.append(Patterns(main, regex.compile(UNICODE_NAME)))
    return _made[0]
