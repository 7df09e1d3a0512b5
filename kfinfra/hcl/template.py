"""Templates: quoted strings and heredocs with their interpolations and directives, read into one tree."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from kfinfra.diag import SourceText
from kfinfra.hcl.nodes import Conditional, Expr, For, Label, Template, TemplateJoin, TemplateWrap, Text

if TYPE_CHECKING:
    from typing import NoReturn

ESCAPES = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "\\": "\\"}


class Cursor(Protocol):
    """What is needed of the parser."""

    source: SourceText
    text: str
    at: int
    depth: int

    def fail(self, summary: str, detail: str, start: int, end: int | None = None) -> NoReturn: ...
    def skip(self, newlines: bool | None = None) -> None: ...
    def take(self, mark: str) -> bool: ...
    def peek(self, mark: str) -> bool: ...
    def word(self, wanted: str) -> bool: ...
    def name(self, where: str) -> str: ...
    def identifier(self) -> str | None: ...
    def expression(self) -> Expr: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a template: literal text, an expression, or a directive (`if`, `else`, `endif`, `for`, `endfor`)."""

    start: int
    end: int
    text: str = ""
    expr: Expr | None = None
    word: str = ""
    names: tuple[str | None, str] = (None, "")
    strip_left: bool = False
    strip_right: bool = False
    line_start: bool = False


class TemplateReader:
    """Reads templates at a parser's cursor."""

    def __init__(self, cursor: Cursor) -> None:
        self.c = cursor

    def quoted(self) -> Expr:
        """A quoted template; the cursor is at the opening quote."""
        start = self.c.at
        self.c.at += 1
        pieces = self.pieces(len(self.c.text), quoted=True, opened=start)
        self.c.at += 1
        return self.built(start, self.c.at, pieces)

    def label(self) -> Label:
        """A quoted block label: text only."""
        start = self.c.at
        expr = self.quoted()
        match expr:
            case Template(parts=(Text(value=value),)):
                return Label(start, self.c.at, value)
            case _:
                self.c.fail(
                    "Invalid string literal",
                    'Template sequences are not allowed in this string. To include a literal "$", double it.',
                    start,
                    self.c.at,
                )

    def whole(self) -> Expr:
        """The whole text as a template."""
        pieces = self.pieces(len(self.c.text), quoted=False, opened=0)
        return self.built(0, len(self.c.text), pieces)

    def heredoc(self) -> Expr:
        """`<<MARK` to the line that holds MARK alone; `<<-` takes the common indent away."""
        c = self.c
        start = c.at
        c.at += 2
        indented = c.text.startswith("-", c.at)
        c.at += indented
        mark_at = c.at
        mark = c.identifier()
        line_end = c.text.find("\n", c.at)
        if mark is None:
            while mark_at < len(c.text) and (c.text[mark_at].isalnum() or c.text[mark_at] == "_"):
                mark_at += 1
            mark = c.text[c.at : mark_at]
        if not mark or line_end < 0 or c.text[c.at : line_end].strip(" \t\r").replace(mark, "", 1).strip():
            c.fail("Invalid expression", "A heredoc begins with << or <<-, a name, and a new line.", start, start + 2)
        first = line_end + 1
        last, after = self.closing(first, mark, start)
        c.at = first
        pieces = self.pieces(last, quoted=False, opened=start)
        c.at = after
        if indented:
            pieces = dedented(pieces)
        return self.built(start, after, pieces, heredoc=True)

    def closing(self, first: int, mark: str, start: int) -> tuple[int, int]:
        """Where the closing line begins, and where its mark ends."""
        text, at = self.c.text, first
        while True:
            end = text.find("\n", at)
            if end < 0:
                self.c.fail("Unterminated template string", "No closing marker was found for the string.", len(text), len(text))
            line = text[at:end]
            if line.strip(" \t\r") == mark:
                return at, at + len(line.rstrip(" \t\r"))
            at = end + 1

    # --- pieces

    def pieces(self, end: int, quoted: bool, opened: int) -> list[Piece]:
        """The parts up to `end`, or up to the closing quote (the cursor is then at it)."""
        c = self.c
        out: list[Piece] = []
        literal: list[str] = []
        literal_start = c.at

        def flush() -> None:
            if literal:
                out.append(Piece(literal_start, c.at, unicodedata.normalize("NFC", "".join(literal))))
                literal.clear()

        while True:
            if c.at >= end or (quoted and c.text[c.at] in '"\n\r'):
                if quoted and (c.at >= end or c.text[c.at] != '"'):
                    self.unterminated(opened)
                flush()
                return out
            if c.text.startswith(("$${", "%%{"), c.at):
                literal_start = literal_start if literal else c.at
                literal.append(c.text[c.at + 1 : c.at + 3])
                c.at += 3
            elif c.text.startswith(("${", "%{"), c.at):
                flush()
                out.append(self.interpolation() if c.text[c.at] == "$" else self.directive())
            else:
                literal_start = literal_start if literal else c.at
                literal.append(self.escape() if quoted and c.text[c.at] == "\\" else self.plain())

    def plain(self) -> str:
        """One character as it stands."""
        self.c.at += 1
        return self.c.text[self.c.at - 1]

    def unterminated(self, opened: int) -> NoReturn:
        """A quoted string that its line does not close."""
        c = self.c
        if c.at < len(c.text):
            c.fail(
                "Invalid multi-line string",
                "Quoted strings may not be split over multiple lines. To produce a multi-line "
                "string, use the \\n escape or a heredoc.",
                opened,
                c.at,
            )
        c.fail("Unterminated template string", "No closing marker was found for the string.", c.at, c.at)

    def escape(self) -> str:
        """A backslash and what it stands for."""
        c = self.c
        start = c.at
        mark = c.text[start + 1 : start + 2]
        if mark in ESCAPES and mark:
            c.at += 2
            return ESCAPES[mark]
        width = {"u": 4, "U": 8}.get(mark, 0)
        digits = c.text[start + 2 : start + 2 + width]
        if width and len(digits) == width and all(d in "0123456789abcdefABCDEF" for d in digits) and int(digits, 16) < 0x110000:
            c.at += 2 + width
            return chr(int(digits, 16))
        c.fail("Invalid escape sequence", f'The symbol "{mark}" is not a valid escape sequence selector.', start, start + 2)

    def opened(self) -> tuple[int, bool]:
        """Moves over `${` or `%{` and `~`; white space and newlines do not count from here on."""
        c = self.c
        start = c.at
        c.at += 2
        strip = c.text.startswith("~", c.at)
        c.at += strip
        c.depth += 1
        return start, strip

    def closed(self, what: str) -> bool:
        """Moves over `~}` or `}`; whether white space after it goes."""
        c = self.c
        strip = c.take("~}")
        if not strip and not c.take("}"):
            c.fail(
                f"Extra characters after {what}",
                "Expected a closing brace to end the template sequence, but found extra characters.",
                min(c.at, len(c.text)),
            )
        c.depth -= 1
        return strip

    def interpolation(self) -> Piece:
        """`${ expression }`."""
        start, left = self.opened()
        expr = self.c.expression()
        right = self.closed("interpolation expression")
        return Piece(start, self.c.at, expr=expr, strip_left=left, strip_right=right)

    def directive(self) -> Piece:
        """`%{ if x }`, `%{ else }`, `%{ endif }`, `%{ for x in y }`, `%{ endfor }`."""
        c = self.c
        start, left = self.opened()
        c.skip()
        word_at = c.at
        word = c.identifier()
        expr: Expr | None = None
        names: tuple[str | None, str] = (None, "")
        match word:
            case "if":
                expr = c.expression()
            case "for":
                first = c.name("for")
                names = (first, c.name("for")) if c.take(",") else (None, first)
                if not c.word("in"):
                    c.fail("Invalid 'for' directive", "Expected 'in' keyword after 'for' value name.", c.at)
                expr = c.expression()
            case "else" | "endif" | "endfor":
                pass
            case _:
                c.fail(
                    "Invalid template directive",
                    "Expected a template directive keyword: if, else, endif, for or endfor.",
                    word_at,
                )
        right = self.closed("template directive")
        return Piece(start, c.at, expr=expr, word=word or "", names=names, strip_left=left, strip_right=right)

    # --- assembly

    def built(self, start: int, end: int, pieces: list[Piece], heredoc: bool = False) -> Expr:
        """The template's tree."""
        pieces = stripped(pieces)
        if len(pieces) == 1 and pieces[0].expr is not None and not pieces[0].word and not heredoc:
            return TemplateWrap(start, end, pieces[0].expr)
        rest = list(reversed(pieces))
        parts = self.sequence(rest, ())
        return joined(parts, start, end)

    def sequence(self, rest: list[Piece], until: tuple[str, ...]) -> list[Expr]:
        """Parts up to a directive of `until`, which stays on `rest`."""
        out: list[Expr] = []
        while rest:
            piece = rest[-1]
            if piece.word in until and piece.word:
                return out
            rest.pop()
            if not piece.word:
                out.append(piece.expr if piece.expr is not None else Text(piece.start, piece.end, piece.text))
            elif piece.word == "if":
                out.append(self.condition(piece, rest))
            elif piece.word == "for":
                out.append(self.loop(piece, rest))
            else:
                self.c.fail(
                    f"Unexpected {piece.word} directive",
                    f"There is no open directive that this {piece.word} belongs to.",
                    piece.start,
                    piece.end,
                )
        if until:
            self.c.fail(
                "Unexpected end of template", f"The directive is not closed: {until[-1]} is missing.", self.c.at, self.c.at
            )
        return out

    def condition(self, opening: Piece, rest: list[Piece]) -> Expr:
        """`%{if}` … `%{else}` … `%{endif}`."""
        yes = self.sequence(rest, ("else", "endif"))
        no: list[Expr] = []
        closing = rest.pop()
        middle = closing
        if closing.word == "else":
            no = self.sequence(rest, ("endif",))
            closing = rest.pop()
        assert opening.expr is not None
        first = joined(yes, opening.end, middle.start)
        second = joined(no, middle.end, closing.start) if middle is not closing else joined([], closing.start, closing.start)
        return Conditional(opening.start, closing.end, opening.expr, first, second)

    def loop(self, opening: Piece, rest: list[Piece]) -> Expr:
        """`%{for}` … `%{endfor}`."""
        inside = self.sequence(rest, ("endfor",))
        closing = rest.pop()
        assert opening.expr is not None
        body = joined(inside, opening.end, closing.start)
        loop = For(opening.start, closing.end, opening.names[0], opening.names[1], opening.expr, None, body, None)
        return TemplateJoin(opening.start, closing.end, loop)


def joined(parts: list[Expr], start: int, end: int) -> Expr:
    """The parts as a template; an empty one holds an empty text."""
    return Template(start, end, tuple(parts) if parts else (Text(start, end, ""),))


def stripped(pieces: list[Piece]) -> list[Piece]:
    """`~` takes the white space of the literal text beside it away."""
    out: list[Piece] = []
    for index, piece in enumerate(pieces):
        if piece.expr is None and not piece.word:
            text = piece.text
            if index and pieces[index - 1].strip_right:
                text = text.lstrip(" \t\r\n")
            if index + 1 < len(pieces) and pieces[index + 1].strip_left:
                text = text.rstrip(" \t\r\n")
            if text or not piece.text:
                out.append(replace(piece, text=text))
        else:
            out.append(piece)
    return out


def dedented(pieces: list[Piece]) -> list[Piece]:
    """The pieces without the indent that all their lines have."""
    starts = True
    indents: list[int] = []

    def each(change: Callable[[str], str] | None) -> list[Piece]:
        nonlocal starts
        starts = True
        out: list[Piece] = []
        for piece in pieces:
            if piece.expr is not None or piece.word:
                if starts:
                    indents.append(0)
                starts = False
                out.append(piece)
                continue
            lines = piece.text.splitlines(keepends=True)
            fresh = []
            for line in lines:
                if starts and line.strip():
                    indents.append(len(line) - len(line.lstrip(" \t")))
                elif starts and not line.endswith("\n"):
                    indents.append(len(line))
                blank = line.endswith("\n") and not line.strip()
                fresh.append(change(line) if change and starts and not blank else line)
                starts = line.endswith("\n")
            out.append(replace(piece, text="".join(fresh)))
        return out

    each(None)
    width = min(indents, default=0)
    return each(lambda line: line[min(width, len(line) - len(line.lstrip(" \t"))) :])
