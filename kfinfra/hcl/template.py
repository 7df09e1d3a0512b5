"""Templates: literal text, interpolations and directives, assembled into one tree; `~` and `<<-` take white space away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from kfinfra.hcl.nodes import Conditional, Expr, For, Quoted, Template, TemplateJoin, TemplateWrap, Text
from kfinfra.hcl.problem import SyntaxProblem


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

    @property
    def literal(self) -> bool:
        """Whether it is text."""
        return self.expr is None and not self.word


def template(start: int, end: int, parts: Iterable[Piece], mark: str) -> Expr:
    """The tree of the template between `start` and `end`; `mark` is how it opens: `"`, `<<` or `<<-`."""
    pieces = merged(parts)
    first = pieces[0] if len(pieces) == 1 else None
    pieces = stripped(lined(pieces) if mark != '"' else pieces)
    if mark == "<<-":
        pieces = dedented(pieces)
    pieces = merged(pieces)
    if first is not None and first.expr is not None and not first.word and mark == '"':
        return TemplateWrap(start, end, first.expr)
    return joined(_Assembly(pieces, end).sequence(None), start, end)


def merged(parts: Iterable[Piece]) -> list[Piece]:
    """The parts, literal text in one piece each."""
    out: list[Piece] = []
    for part in parts:
        if part.literal and out and out[-1].literal:
            out[-1] = Piece(out[-1].start, part.end, out[-1].text + part.text)
        else:
            out.append(part)
    return out


def lined(pieces: list[Piece]) -> list[Piece]:
    """The pieces with each line of a heredoc's text in one of its own: `~` reaches to the end of one, no further."""
    out: list[Piece] = []
    for piece in pieces:
        if not piece.literal:
            out.append(piece)
            continue
        at = piece.start
        for line in _lines(piece.text):
            out.append(Piece(at, min(at + len(line), piece.end), line))
            at = out[-1].end
    return out


class _Assembly:
    """Directives with what stands between them."""

    def __init__(self, pieces: list[Piece], end: int) -> None:
        self.rest, self.end = list(reversed(pieces)), end

    def sequence(self, opening: Piece | None, until: tuple[str, ...] = ()) -> list[Expr]:
        """Parts up to a directive of `until`, which stays on `rest`."""
        out: list[Expr] = []
        while self.rest:
            piece = self.rest[-1]
            if piece.word and piece.word in until:
                return out
            self.rest.pop()
            if not piece.word:
                out.append(piece.expr if piece.expr is not None else Text(piece.start, piece.end, piece.text))
            elif piece.word == "if":
                out.append(self.condition(piece))
            elif piece.word == "for":
                out.append(self.loop(piece))
            else:
                detail = f"There is no open directive that this {piece.word} belongs to."
                raise SyntaxProblem(f"Unexpected {piece.word} directive", detail, piece.start, piece.end)
        if opening is not None:
            detail = f"The {opening.word} directive is not closed: {until[-1]} is missing."
            raise SyntaxProblem("Unexpected end of template", detail, opening.start, opening.end)
        return out

    def condition(self, opening: Piece) -> Expr:
        """`%{if}` … `%{else}` … `%{endif}`."""
        yes = self.sequence(opening, ("else", "endif"))
        no: list[Expr] = []
        closing = middle = self.rest.pop()
        if closing.word == "else":
            no = self.sequence(opening, ("endif",))
            closing = self.rest.pop()
        assert opening.expr is not None
        first = joined(yes, opening.end, middle.start)
        second = joined(no, middle.end if middle is not closing else closing.start, closing.start)
        return Conditional(opening.start, closing.end, opening.expr, first, second)

    def loop(self, opening: Piece) -> Expr:
        """`%{for}` … `%{endfor}`."""
        inside = self.sequence(opening, ("endfor",))
        closing = self.rest.pop()
        assert opening.expr is not None
        body = joined(inside, opening.end, closing.start)
        loop = For(opening.start, closing.end, opening.names[0], opening.names[1], opening.expr, None, body, None)
        return TemplateJoin(opening.start, closing.end, loop)


def joined(parts: list[Expr], start: int, end: int) -> Expr:
    """The parts as a template, or as the string that they are."""
    if not parts:
        return Quoted(start, end, "")
    first = parts[0]
    return Quoted(start, end, first.value) if len(parts) == 1 and isinstance(first, Text) else Template(start, end, tuple(parts))


def stripped(pieces: list[Piece]) -> list[Piece]:
    """`~` takes the white space of the literal text beside it away."""
    out: list[Piece] = []
    for index, piece in enumerate(pieces):
        if piece.literal:
            text = piece.text
            if index and pieces[index - 1].strip_right:
                text = text.lstrip(_SPACES)
            if index + 1 < len(pieces) and pieces[index + 1].strip_left:
                text = text.rstrip(_SPACES)
            if text or not piece.text:
                out.append(replace(piece, text=text))
        else:
            out.append(piece)
    return out


# What Go's unicode.IsSpace takes for white space; one is one step of indentation, however wide.
_SPACES = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


def dedented(pieces: list[Piece]) -> list[Piece]:
    """The pieces without the indent that all their lines have. Blank lines have none and keep what they hold."""
    width = min(_indents(pieces), default=0)
    out: list[Piece] = []
    starts = True
    for piece in pieces:
        if not piece.literal:
            out.append(piece)
            starts = False
            continue
        lines = []
        for line in _lines(piece.text):
            lines.append(line[min(width, _indent(line)) :] if starts and not _blank(line) else line)
            starts = line.endswith("\n")
        out.append(replace(piece, text="".join(lines)))
    return out


def _indents(pieces: list[Piece]) -> Iterator[int]:
    """The indent of each line that is not blank; a sequence at the beginning of a line has none."""
    starts = True
    for piece in pieces:
        if not piece.literal:
            if starts:
                yield 0
            starts = False
            continue
        for line in _lines(piece.text):
            if starts and not _blank(line):
                yield _indent(line)
            starts = line.endswith("\n")


def _lines(text: str) -> list[str]:
    """The lines with their ends: only \\n ends one."""
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _blank(line: str) -> bool:
    return line.endswith("\n") and not line.strip(_SPACES)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(_SPACES))
