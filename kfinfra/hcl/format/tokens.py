"""Lossless tokens of a text that parses: comments, newlines and brackets that the syntax tree does not keep.

The boundaries are those of HashiCorp's scanner (hclsyntax/scan_tokens.rl), since `terraform fmt` spaces tokens, not trees.
White space is left out, but for what stands inside a literal, and what ends the text without a newline (terraform keeps it).
How a literal is cut into tokens makes no difference to spacing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

import regex


class Kind(Enum):
    """What a token is. A MARK is an operator, bracket or separator, told apart by its text."""

    IDENT = "identifier"
    NUMBER = "number"
    MARK = "mark"
    COMMENT = "comment"
    NEWLINE = "newline"
    OPEN_QUOTE = "opening quote"
    CLOSE_QUOTE = "closing quote"
    LITERAL = "literal"
    OPEN_HEREDOC = "opening of a heredoc"
    CLOSE_HEREDOC = "closing of a heredoc"
    SEQUENCE = "${ or %{"
    SEQUENCE_END = "closing of a sequence"
    END = "white space before the end of the text"


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of text. `start` is its offset; a token that a rewrite makes has none (-1)."""

    kind: Kind
    text: str
    start: int = -1

    @property
    def ends_line(self) -> bool:
        """Whether the next token stands on a new line: a newline, or a comment that holds its own."""
        return self.kind is Kind.NEWLINE or (self.kind is Kind.COMMENT and self.text.endswith("\n"))

    @property
    def nesting(self) -> int:
        """How much deeper what follows is nested: 1, 0 or -1."""
        if self.kind is Kind.MARK:
            return (self.text in _OPENING) - (self.text in _CLOSING)
        return (self.kind is Kind.SEQUENCE) - (self.kind is Kind.SEQUENCE_END)


class ScanError(Exception):
    """No token begins at the offset `at`."""

    def __init__(self, at: int) -> None:
        super().__init__(f"no token begins at {at}")
        self.at = at


_OPENING, _CLOSING = frozenset("([{"), frozenset(")]}")

_MAIN = regex.compile(
    r"""
    (?P<SPACE>(?:[ \t]|\r(?!\n))+)
    | (?P<COMMENT>(?:\#|//)[^\n]*\n?|/\*.*?\*/)
    | (?P<NEWLINE>\r?\n)
    | (?P<NUMBER>[0-9](?:(?:[0-9.]|[eE][+-]?[0-9])*(?:[0-9]|[eE][+-]?[0-9]))?)
    | (?P<IDENT>[\p{ID_Start}_][\p{ID_Continue}\-]*)
    | (?P<OPEN_HEREDOC><<-?(?P<name>[\p{ID_Start}_][\p{ID_Continue}\-]*|\w+)[ \t\r]*\n)
    | (?P<OPEN_QUOTE>")
    | (?P<SEQUENCE_END>~\})
    | (?P<MARK>\.\.\.|=>|==|!=|>=|<=|&&|\|\||::|<(?!<)|[\[\](){}.,*/%+\-=>!?:])
    """,
    regex.VERBOSE | regex.DOTALL,
)
_SEQUENCE = regex.compile(r"[$%]\{~?")
_QUOTED = regex.compile(r'(?:\$\$\{|%%\{|\\.|[$%](?!\{)|[^"\\$%\n])+')
_HEREDOC = regex.compile(r"(?:\$\$\{|%%\{|[$%](?!\{)|[^\n$%])*\n?")


def tokenize(text: str) -> list[Token]:
    """The tokens of `text`, which must parse; the last one is an END. A byte order mark is left out.

    Raises ScanError where it does not scan: the parser is more lenient in places.
    """
    tokens = list(_Scanner(text).main(closing=False))
    behind = tokens[-1].start + len(tokens[-1].text) if tokens else len(text) - len(text.lstrip("\ufeff"))
    return [*tokens, Token(Kind.END, " " * (len(text) - behind), behind)]


def unfinished(text: str) -> bool:
    """Whether an expression needs more lines: a bracket, a template's sequence or a heredoc is open at its end."""
    scanner, depth = _Scanner(text + "\n"), 0
    try:
        for token in scanner.main(closing=False):
            depth += token.nesting
    except ScanError:
        return scanner.at == len(scanner.text)
    return depth > 0


class _Scanner:
    """A cursor. Each method yields the tokens of one mode: expressions, a quoted template, a heredoc."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 1 if text.startswith("\ufeff") else 0

    def main(self, closing: bool) -> Iterator[Token]:
        """Expressions and bodies, to the end of the text; with `closing` to the brace that ends a template's sequence."""
        depth = 0
        while self.at < len(self.text):
            found = _MAIN.match(self.text, self.at)
            if found is None:
                raise ScanError(self.at)
            kind, word = found.lastgroup, found.group()
            start, self.at = self.at, found.end()
            if kind == "SPACE":
                continue
            depth += (word == "{") - (word == "}")
            if closing and (kind == "SEQUENCE_END" or depth < 0):
                yield Token(Kind.SEQUENCE_END, word, start)
                return
            yield Token(Kind[kind], word, start)
            if kind == "OPEN_QUOTE":
                yield from self.quoted()
            elif kind == "OPEN_HEREDOC":
                yield from self.heredoc(found.group("name"))

    def quoted(self) -> Iterator[Token]:
        """A quoted template behind its opening quote."""
        while not self.text.startswith('"', self.at):
            yield from self.sequence() or self.literal(_QUOTED)
        yield self.take(Kind.CLOSE_QUOTE, self.at + 1)

    def heredoc(self, name: str) -> Iterator[Token]:
        """A heredoc behind its first line; the closing line is one token, the newline behind it another."""
        line_start = True
        while True:
            if sequence := self.sequence():
                yield from sequence
                line_start = False
                continue
            (literal,) = self.literal(_HEREDOC)
            if line_start and literal.text.strip() == name:
                self.at = literal.start + len(literal.text.rstrip("\r\n"))
                yield Token(Kind.CLOSE_HEREDOC, self.text[literal.start : self.at], literal.start)
                return
            yield literal
            line_start = literal.text.endswith("\n")

    def sequence(self) -> list[Token]:
        """`${ … }` or `%{ … }` if one begins here, else nothing."""
        found = _SEQUENCE.match(self.text, self.at)
        if found is None:
            return []
        opening = self.take(Kind.SEQUENCE, found.end())
        return [opening, *self.main(closing=True)]

    def literal(self, pattern: regex.Pattern[str]) -> list[Token]:
        """Literal text."""
        found = pattern.match(self.text, self.at)
        if found is None or found.end() == self.at:
            raise ScanError(self.at)
        return [self.take(Kind.LITERAL, found.end())]

    def take(self, kind: Kind, end: int) -> Token:
        """The token up to `end`."""
        start, self.at = self.at, end
        return Token(kind, self.text[start:end], start)
