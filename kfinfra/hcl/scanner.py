"""Text to the tokens of python-hcl2's grammar: a scanner that knows what it is inside of.

Newlines are tokens in bodies and objects only; comments are none. `for`, `in` and `if` are keywords where they must be.
Template parts come decoded, heredocs as quoted templates. Refused here is what the grammar cannot see (`frames`).
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from lark import Token

from kfinfra.hcl import frames as f
from kfinfra.hcl.patterns import BLANKS, VALID_NUMBER, WIDES, Match, patterns
from kfinfra.hcl.problem import SyntaxProblem
from kfinfra.hcl.quoting import Literals, unended

if TYPE_CHECKING:
    from kfinfra.hcl.json_text import JsonString

_MARKS = dict(
    pair.split()
    for pair in (
        *("... ELLIPSIS", "=> FOR_OBJECT_ARROW", "== DOUBLE_EQ", "!= NEQ", ">= GEQ", "<= LEQ", "&& DOUBLE_AMP", "|| DOUBLE_PIPE"),
        *("= EQ", ". DOT", ", COMMA", "( LPAR", ") RPAR", "{ LBRACE", "} RBRACE", "[ LSQB", "] RSQB", ": COLON", "? QMARK"),
        *("+ PLUS", "- MINUS", "* ASTERISK", "/ SLASH", "% PERCENT", "! NOT", "< LT", "> GT", "~} RBRACE"),
    )
)
_VALUES = {"true": "TRUE", "false": "FALSE", "null": "NULL"}
_KEYWORDS = {"if": "IF", "else": "ELSE", "endif": "ENDIF", "for": "FOR", "endfor": "ENDFOR"}
_FOR = {"[": f.FOR_TUPLE, "{": f.FOR_OBJECT}
DEEPEST, DEEPEST_TEMPLATES = 1500, 100


class Mark(Token):
    """A token with its offsets. Lark's own constructor takes three times as long for the sake of lines and columns."""

    __slots__ = ()

    def __new__(cls, kind: str, value: str, start: int, end: int) -> Mark:
        self = str.__new__(cls, value)
        self.type, self.value, self.start_pos, self.end_pos = kind, value, start, end
        return self


class Scanner:
    """A cursor over a text. What is read lies in `tokens`, up to the mistake where one is raised."""

    def __init__(self, text: str, at: int = 0, stop: int = -1) -> None:
        self.text, self.at, self.stop = text, at, stop
        self.tokens: list[Token] = []
        self.frames: list[f.Frame] = []
        self.patterns = patterns(text)
        self.scoped = "::" in text

    def body(self) -> None:
        """The text as a file."""
        self.frames.append(f.BodyFrame(self.at, whole=True))
        self._main()

    def expression(self) -> None:
        """The text as an expression: newlines are white space."""
        self.frames.append(f.Frame(f.EXPRESSION, self.at))
        self._main()

    def template(self, mark: str = "<<") -> None:
        """The text as a template without quotes, that counts as one which opens with `mark`."""
        self._add("DBLQUOTE", mark, 0, 0)
        self._literals(Literals(self.text, heredoc=True), lambda: self.at >= len(self.text))
        self._add("DBLQUOTE", "", len(self.text), len(self.text))

    def move(self, string: JsonString) -> dict[int | None, int]:
        """Gives the tokens of a JSON string their places in the file, its quotes included. Returns where they were."""
        before: dict[int | None, int] = {}
        for token in self.tokens:
            start, end = token.start_pos or 0, token.end_pos or 0
            token.start_pos, token.end_pos = string.place(start), string.place(end)
            before[token.start_pos] = start
        if self.tokens and not self.frames:
            self.tokens[0].start_pos, self.tokens[-1].end_pos = string.start, string.end
        return before

    def _add(self, kind: str, value: str, start: int, end: int) -> None:
        self.tokens.append(Mark(kind, value, start, end))

    def _main(self) -> None:
        """Tokens up to the end of the text, or to the brace that closes the frame that is the innermost now."""
        text, frames, add, match = self.text, self.frames, self.tokens.append, self.patterns.main.match
        floor = len(frames)
        prev = self.tokens[-1].type if self.tokens else ""
        while True:
            found = match(text, self.at)
            if found is None:
                raise self._bad_character()
            group = found.lastgroup
            assert group is not None
            word = found.group(group)
            start, self.at = found.start(group), found.end()
            frame = frames[-1]
            kind = self._kind(group, word, prev, frame)
            if start >= self.stop >= 0:
                raise frame.unexpected(kind, prev, start, self.at)
            if frame.kind <= f.OBJECT:
                frame.check(kind, prev, start, self.at)
            if group == "name":
                add(Mark(kind, word if word.isascii() else unicodedata.normalize("NFC", word), start, self.at))
                if self.scoped and kind == "NAME" and prev != "DOT":
                    self._scope(frame)
            elif group == "op":
                if kind in _BRACKETS:
                    kind = _BRACKETS[kind](self, kind, word, prev, start)
                    if len(frames) < floor:
                        return
                else:
                    kind = self._mark(kind, word, start, frame)
            elif group == "newline":
                if not frame.newlines:
                    continue
                if prev != kind:
                    add(Mark("NL_OR_COMMENT", word, start, self.at))
            elif group == "number":
                kind = self._number(word, prev, start)
            elif group == "end":
                if len(frames) > 1:
                    raise frame.unexpected(kind, prev, start, start)
                return
            else:
                self._template(found, group, start)
            prev = kind

    def _kind(self, group: str, word: str, prev: str, frame: f.Frame) -> str:
        """The token's name, as the grammar has it but for newlines and numbers."""
        if group == "name":
            if frame.kind in _FORS and (prev in f.ENDS or prev == "ELLIPSIS") and word in ("in", "if"):
                return self._in_or_if(word, frame)
            if word in _VALUES and not self._called():
                return _VALUES[word]
            return "NAME"
        return _MARKS[word] if group == "op" else _GROUPS[group]

    def _in_or_if(self, word: str, frame: f.Frame) -> str:
        if word == "in" and frame.phase == 0:
            frame.phase = 1
            return "IN"
        if word == "if" and frame.phase in (2, 3) and not frame.conds:
            frame.phase = 4
            return "IF"
        return "NAME"

    def _called(self) -> bool:
        """Whether an opening parenthesis follows."""
        after = BLANKS.match(self.text, self.at)
        return after is not None and self.text.startswith("(", after.end())

    def _skipped(self, frame: f.Frame) -> int:
        """Where the next token begins."""
        found = (BLANKS if frame.newlines else WIDES).match(self.text, self.at)
        return self.at if found is None else found.end()

    def _scope(self, frame: f.Frame) -> None:
        """`a::b::c`, white space and all, is one name: a provider's function."""
        while self.text.startswith("::", at := self._skipped(frame)):
            self.at = at + 2
            self.at = self._skipped(frame)
            name = self.patterns.name.match(self.text, self.at)
            if name is None:
                raise SyntaxProblem("Missing function name", 'A function\'s name is required after "::".', self.at)
            first = self.tokens.pop()
            self.at = name.end()
            self.tokens.append(Mark("NAME", f"{first}::{name.group()}", first.start_pos or 0, self.at))
        if "::" in self.tokens[-1] and not self.text.startswith("(", at := self._skipped(frame)):
            detail = "A function's name is followed by its arguments in parentheses."
            raise SyntaxProblem("Missing open parenthesis", detail, at)

    def _number(self, word: str, prev: str, start: int) -> str:
        if word.isdigit():
            self._add("INT_LITERAL", word, start, self.at)
        elif prev == "DOT" and "." in word:
            detail = "Two legacy indexes cannot be chained: use the index syntax instead, like [0][1]."
            raise SyntaxProblem("Invalid legacy index syntax", detail, start - 1, self.at)
        elif not VALID_NUMBER.fullmatch(word):
            raise SyntaxProblem("Invalid number literal", f'"{word}" is not a number.', start, self.at)
        else:
            self._add("INT_LITERAL" if prev == "DOT" else "FLOAT_LITERAL", word, start, self.at)
        return "INT_LITERAL"

    def _mark(self, kind: str, word: str, start: int, frame: f.Frame) -> str:
        """An operator or separator."""
        if kind == "DOT" and self.text.startswith("*", at := self._skipped(frame)):
            self.at, kind = at + 1, "ATTR_SPLAT"
        elif kind == "QMARK":
            frame.conds += 1
        elif kind == "COLON":
            frame.colon()
        elif kind == "FOR_OBJECT_ARROW" and frame.phase == 2:
            frame.phase = 3
        self._add(kind, word, start, self.at)
        return kind

    # --- brackets

    def _open(self, frame: f.Frame) -> None:
        self.frames.append(frame)
        if len(self.frames) > DEEPEST:
            detail = f"Brackets are nested more than {DEEPEST} deep: name a part of it in a local value."
            raise SyntaxProblem("Too deeply nested", detail, frame.start)

    def _parenthesis(self, kind: str, word: str, prev: str, start: int) -> str:
        self._add(kind, word, start, self.at)
        self._open(f.Frame(f.CALL if prev == "NAME" else f.PARENS, start))
        return kind

    def _bracket(self, kind: str, word: str, prev: str, start: int) -> str:
        """A tuple, a `for`, an index, or the splat `[*]`."""
        wide = WIDES.match(self.text, self.at)
        at = wide.end() if wide else self.at
        if prev in f.ENDS and self.text.startswith("*", at):
            return self._full_splat(at, start)
        self._add(kind, word, start, self.at)
        if prev in f.ENDS:
            self._open(f.Frame(f.INDEX, start))
            return kind
        return self._maybe_for(kind, word, start, f.Frame(f.TUPLE, start))

    def _brace(self, kind: str, word: str, prev: str, start: int) -> str:
        """A block's body, an object, or a `for`."""
        frame = self.frames[-1]
        self._add(kind, word, start, self.at)
        if isinstance(frame, f.BodyFrame) and frame.opens_block:
            self._open(f.BodyFrame(start, whole=False))
            return kind
        return self._maybe_for(kind, word, start, f.ObjectFrame(start))

    def _maybe_for(self, kind: str, word: str, start: int, otherwise: f.Frame) -> str:
        """Opens the frame of a `for` expression where that word follows the bracket."""
        at = WIDES.match(self.text, self.at)
        name = self.patterns.name.match(self.text, at.end() if at else self.at)
        if name is None or name.group() != "for":
            self._open(otherwise)
            return kind
        self._open(f.Frame(_FOR[word], start))
        self.at = name.end()
        self._add("FOR", "for", name.start(), self.at)
        at = WIDES.match(self.text, self.at)
        begins = at.end() if at else self.at
        if self.patterns.name.match(self.text, begins) is None:
            raise f.bad_for("For expression requires variable name after 'for'.", begins, begins + 1)
        return "FOR"

    def _full_splat(self, star: int, start: int) -> str:
        after = WIDES.match(self.text, star + 1)
        end = after.end() if after else star + 1
        if not self.text.startswith("]", end):
            detail = "The star for a full splat operator must be immediately followed by a closing bracket."
            raise SyntaxProblem("Missing close bracket on splat index", detail, end)
        self.at = end + 1
        self._add("FULL_SPLAT_START", "[*]", start, self.at)
        return "FULL_SPLAT_START"

    def _close(self, kind: str, word: str, prev: str, start: int) -> str:
        """A closing bracket, which must be that of the innermost frame."""
        frame = self.frames[-1]
        if _CLOSES.get(frame.kind) != kind or (word == "~}" and frame.kind < f.INTERPOLATION):
            raise frame.unexpected(kind, prev, start, self.at)
        self._add(kind, word, start, self.at)
        self.frames.pop()
        return kind

    # --- templates

    def _template(self, found: Match, group: str, start: int) -> None:
        if group == "quote":
            self._add("DBLQUOTE", '"', start, self.at)
            self._literals(Literals(self.text, heredoc=False), lambda: self.text.startswith('"', self.at))
            self._add("DBLQUOTE", '"', self.at, self.at + 1)
            self.at += 1
            return
        word, mark = found.group("heredoc"), found.group("mark")
        self._add("DBLQUOTE", word[:3] if word[2] == "-" else "<<", start, self.at)
        literals = Literals(self.text, heredoc=True)
        self._literals(literals, lambda: literals.closes(mark, self.at))
        line = self.at
        self.at += len(self.text[line : self.text.index("\n", line)].removesuffix("\r"))
        self._add("DBLQUOTE", mark, line, self.at)

    def _literals(self, literals: Literals, ends: Callable[[], bool]) -> None:
        """Literal text and sequences, until `ends`."""
        opened = self.at
        while not ends():
            if self.at >= len(self.text):
                raise unended(self.text, opened, self.at)
            if literals.sequence(self.at):
                self._sequence()
                literals.line_start = False
                continue
            start = self.at
            value, self.at = literals.read(start, opened)
            self._add("STRING_CHARS", value, start, self.at)

    def _sequence(self) -> None:
        """`${ … }` or `%{ … }`."""
        start, strip = self.at, self.text.startswith("~", self.at + 2)
        self.at += 2 + strip
        opening = self.text[start : self.at]
        if opening[0] == "$":
            self._add("INTERP_START", opening, start, self.at)
            if sum(frame.kind == f.INTERPOLATION for frame in self.frames) >= DEEPEST_TEMPLATES:
                detail = f"Templates stand in templates more than {DEEPEST_TEMPLATES} deep: name a part of it in a local value."
                raise SyntaxProblem("Too deeply nested", detail, start)
            self._open(f.Frame(f.INTERPOLATION, start))
        else:
            self._add("DIRECTIVE_START", opening, start, self.at)
            self._directive()
        self._main()

    def _directive(self) -> None:
        start = self.tokens[-1].start_pos or 0
        blank = WIDES.match(self.text, self.at)
        self.at = blank.end() if blank else self.at
        name = self.patterns.name.match(self.text, self.at)
        if name is None or name.group() not in _KEYWORDS:
            detail = "A template directive begins with if, else, endif, for or endfor. Text with %{ in it is written %%{."
            raise SyntaxProblem("Invalid template directive", detail, self.at, name.end() if name else self.at + 1)
        word, begins, self.at = name.group(), self.at, name.end()
        self._add(_KEYWORDS[word], word, begins, self.at)
        self._open(f.Frame(f.FOR_DIRECTIVE if word == "for" else f.DIRECTIVE, start))

    def _bad_character(self) -> SyntaxProblem:
        blank = BLANKS.match(self.text, self.at)
        at = blank.end() if blank else self.at
        if self.text.startswith("/*", at):
            return SyntaxProblem("Unterminated comment", "This comment has no closing */.", at, at + 2)
        summary, detail = _BAD.get(self.text[at], ("Invalid character", "This character is not used within the language."))
        return SyntaxProblem(summary, detail, at)


_GROUPS = {"newline": "NEWLINE", "quote": "DBLQUOTE", "number": "INT_LITERAL", "heredoc": "HEREDOC", "end": "$END"}
_FORS = (f.FOR_TUPLE, f.FOR_OBJECT, f.FOR_DIRECTIVE)
_BRACKETS: dict[str, Callable[[Scanner, str, str, str, int], str]] = {
    "LPAR": Scanner._parenthesis,
    "LSQB": Scanner._bracket,
    "LBRACE": Scanner._brace,
    "RPAR": Scanner._close,
    "RSQB": Scanner._close,
    "RBRACE": Scanner._close,
}
_CLOSES = {
    **dict.fromkeys((f.PARENS, f.CALL), "RPAR"),
    **dict.fromkeys((f.TUPLE, f.INDEX, f.FOR_TUPLE), "RSQB"),
    **dict.fromkeys((f.BODY, f.OBJECT, f.FOR_OBJECT, f.INTERPOLATION, f.DIRECTIVE, f.FOR_DIRECTIVE), "RBRACE"),
}
_BAD = {
    "'": ("Invalid character", 'Single quotes are not valid: strings stand in double quotes (").'),
    "`": ("Invalid character", 'The "`" character is not valid. A string over several lines is a heredoc: <<EOT.'),
    ";": ("Invalid character", 'The ";" character is not valid: newlines separate arguments and blocks, commas separate items.'),
    "&": ("Unsupported operator", 'Bitwise operators are not supported. Did you mean boolean AND ("&&")?'),
    "|": ("Unsupported operator", 'Bitwise operators are not supported. Did you mean boolean OR ("||")?'),
    "^": ("Unsupported operator", "Bitwise operators are not supported."),
}
