"""What the scanner is inside of, and what may stand there: newlines, and the separators that the grammar leaves open.

The grammar takes `a = 1 b = 2` and line breaks within a binary operation; here they are refused where they are met, with
HashiCorp's words. What is left to the grammar is said in its terms by `unexpected`.
"""

from __future__ import annotations

from kfinfra.hcl.problem import SyntaxProblem, invalid_expression

# Tokens that can end a term: what follows continues it, or is a mistake.
ENDS = frozenset(
    (
        *("NAME", "TRUE", "FALSE", "NULL", "INT_LITERAL", "FLOAT_LITERAL"),
        *("RPAR", "RSQB", "RBRACE", "DBLQUOTE", "HEREDOC", "ATTR_SPLAT", "FULL_SPLAT_START"),
    )
)
_OPERATORS = ("DOUBLE_EQ", "NEQ", "LT", "GT", "LEQ", "GEQ", "MINUS", "ASTERISK", "SLASH", "PERCENT", "DOUBLE_AMP", "DOUBLE_PIPE")
_CONTINUES = frozenset((*_OPERATORS, "PLUS", "QMARK", "DOT", "LSQB", "LPAR", "ATTR_SPLAT", "FULL_SPLAT_START"))
_WHOLE = frozenset(("ELSE", "ENDIF", "ENDFOR"))
_LABELS = frozenset(("NAME", "TRUE", "FALSE", "NULL", "DBLQUOTE"))

BODY, OBJECT, PARENS, CALL, TUPLE, INDEX, FOR_TUPLE, FOR_OBJECT = range(8)
INTERPOLATION, DIRECTIVE, FOR_DIRECTIVE, EXPRESSION = range(8, 12)

_EXTRA = ("Extra characters in template directive", "Expected a closing brace to end it, but found extra characters.")
_CLOSING = {
    PARENS: ("Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression."),
    CALL: ("Missing argument separator", "A comma is required to separate each function argument from the next."),
    TUPLE: ("Missing item separator", "Expected a comma to mark the beginning of the next item."),
    INDEX: ("Missing close bracket on index", 'The index operator must end with a closing bracket ("]").'),
    INTERPOLATION: (
        "Extra characters after interpolation expression",
        "Expected a closing brace to end the interpolation expression, but found extra characters. "
        'Text of another language that begins with "${" is written "$${".',
    ),
    DIRECTIVE: _EXTRA,
    FOR_DIRECTIVE: _EXTRA,
    EXPRESSION: ("Extra characters after expression", "An expression was read, but it is followed by more."),
}
_UNENDED = {
    BODY: ("Unclosed configuration block", "There is no closing brace for this block before the end of the file."),
    OBJECT: ("Unterminated object constructor expression", "There is no closing brace for it before the end of the file."),
    TUPLE: ("Unterminated tuple constructor expression", "There is no closing bracket for it before the end of the file."),
    CALL: ("Unterminated function call", "There is no closing parenthesis for it before the end of the file."),
    PARENS: ("Unbalanced parentheses", "There is no closing parenthesis for this one before the end of the file."),
    INTERPOLATION: ("Unclosed template interpolation sequence", "There is no closing brace for it before the end of the file."),
    INDEX: ("Missing close bracket on index", "There is no closing bracket for it before the end of the file."),
}


def missing_newline(what: str, start: int, end: int) -> SyntaxProblem:
    """Two definitions on one line."""
    words = {"argument": "An argument", "block definition": "A block"}[what]
    return SyntaxProblem(f"Missing newline after {what}", f"{words} definition must end with a newline.", start, end)


def missing_false(start: int, end: int) -> SyntaxProblem:
    """A conditional that has only its first branch."""
    detail = "The conditional operator (...?...:...) requires a false expression, delimited by a colon."
    return SyntaxProblem("Missing false expression in conditional", detail, start, end)


def bad_for(detail: str, start: int, end: int) -> SyntaxProblem:
    """A mistake in a `for` expression."""
    return SyntaxProblem("Invalid 'for' expression", detail, start, end)


class Frame:
    """An open bracket, or the text itself. `conds` counts the `?` that wait for their `:`."""

    __slots__ = ("conds", "kind", "phase", "start")

    def __init__(self, kind: int, start: int) -> None:
        self.kind, self.start = kind, start
        self.phase = self.conds = 0

    @property
    def newlines(self) -> bool:
        """Whether newlines separate things here."""
        return self.kind <= OBJECT

    def colon(self) -> None:
        """A colon: that of a conditional, or of a `for`."""
        if self.conds:
            self.conds -= 1
        elif self.phase == 1:
            self.phase = 2

    def check(self, kind: str, prev: str, start: int, end: int) -> None:
        """Takes notice of the token `kind` behind the token `prev`. Raises SyntaxProblem where it cannot stand here."""

    def incomplete(self, kind: str, prev: str, start: int, end: int) -> SyntaxProblem | None:
        """What is wrong with a value that ends before the token at `start`."""
        if prev == "DOT":
            return SyntaxProblem("Invalid attribute name", "An attribute name is required after a dot.", start, end)
        if prev not in ENDS and prev not in _WHOLE:
            return missing_expression(start) if kind == "$END" else invalid_expression(start, end)
        return missing_false(start, end) if self.conds else None

    def unexpected(self, kind: str, prev: str, start: int, end: int) -> SyntaxProblem:
        """Why the grammar has no place for the token `kind` here."""
        if self.kind in (FOR_TUPLE, FOR_OBJECT, FOR_DIRECTIVE) and (problem := self._in_for(kind, prev, start, end)):
            return problem
        if problem := self.incomplete(kind, prev, start, end):
            return problem
        if kind == "$END" and self.kind in _UNENDED:
            summary, detail = _UNENDED[self.kind]
            return SyntaxProblem(summary, detail, self.start, self.start + 1)
        if kind == "ELLIPSIS" or prev == "ELLIPSIS":
            detail = "An expanded function argument (with ...) must be immediately followed by closing parentheses."
            return SyntaxProblem("Missing closing parenthesis", detail, start, end)
        return SyntaxProblem(*_CLOSING.get(self.kind, _CLOSING[EXPRESSION]), start, end)

    def _in_for(self, kind: str, prev: str, start: int, end: int) -> SyntaxProblem | None:
        if self.phase == 0:
            if prev in ("FOR", "COMMA") and kind != "NAME":
                return bad_for("For expression requires variable name after 'for'.", start, end)
            return bad_for("For expression requires the 'in' keyword after its name declarations.", start, end)
        if self.conds or (prev not in ENDS and prev != "ELLIPSIS") or self.kind == FOR_DIRECTIVE:
            return None
        if self.phase == 1:
            return bad_for("For expression requires a colon after the collection expression.", start, end)
        if kind == "FOR_OBJECT_ARROW" and self.kind == FOR_TUPLE:
            return bad_for("Key expression is not valid when building a tuple.", start, end)
        if self.phase == 2 and self.kind == FOR_OBJECT:
            return bad_for("An object for expression requires the => symbol between key and value.", start, end)
        if kind == "ELLIPSIS" and self.kind == FOR_TUPLE:
            return bad_for("Grouping ellipsis (...) cannot be used when building a tuple.", start, end)
        return bad_for("Extra characters after the end of the 'for' expression.", start, end)


def missing_expression(at: int) -> SyntaxProblem:
    """The text ends where an expression should begin."""
    return SyntaxProblem("Missing expression", "Expected the start of an expression, but found the end of the file.", at, at)


_ITEM, _HEADER, _VALUE, _DONE = range(4)


class BodyFrame(Frame):
    """Between a block's braces, or the whole file. `single`: something stands on the line of its opening brace."""

    __slots__ = ("fresh", "item", "item_end", "labels", "single", "whole")

    def __init__(self, start: int, whole: bool) -> None:
        super().__init__(BODY, start)
        self.whole, self.fresh = whole, not whole
        self.item = self.item_end = self.labels = 0
        self.single = False

    def item_at(self, start: int) -> int:
        """Where the item begins that the token at `start` belongs to."""
        return start if self.phase == _ITEM else self.item

    @property
    def opens_block(self) -> bool:
        """Whether a brace here begins a block's body."""
        return self.phase == _DONE

    def check(self, kind: str, prev: str, start: int, end: int) -> None:
        """An argument or block a line."""
        if self.phase == _VALUE:
            self._value(kind, prev, start, end)
        elif self.phase == _ITEM:
            self._item(kind, start, end)
        elif self.phase == _HEADER:
            self._header(kind, start, end)
        elif kind == "NEWLINE":
            self.phase = _ITEM
        elif kind != "$END":
            raise missing_newline("block definition", start, end)
        if kind == "$END" and not self.whole:
            summary, detail = _UNENDED[BODY]
            raise SyntaxProblem(summary, detail, self.start, self.start + 1)

    def _item(self, kind: str, start: int, end: int) -> None:
        if kind == "NEWLINE":
            self.fresh = False
        elif kind in ("NAME", "TRUE", "FALSE", "NULL"):
            self.single, self.phase = self.fresh, _HEADER
            self.item, self.item_end, self.labels = start, end, 0
        elif kind == "DBLQUOTE":
            raise SyntaxProblem("Invalid argument name", "Argument names must not be quoted.", start, end)
        elif kind != "$END" and (kind != "RBRACE" or self.whole):
            detail = 'An argument or block definition is required here: a name, then "=" or a block.'
            raise SyntaxProblem("Argument or block definition required", detail, start, end)

    def _header(self, kind: str, start: int, end: int) -> None:
        if kind == "EQ" and not self.labels:
            self.phase = _VALUE
        elif self.single and (kind == "LBRACE" or kind in _LABELS):
            detail = (
                "A single-line block definition can contain only a single argument. "
                "To define a nested block, place it on a line of its own within its parent block."
            )
            raise SyntaxProblem("Argument definition required", detail, self.item, end)
        elif kind == "LBRACE":
            self.phase = _DONE
        elif kind in _LABELS:
            self.labels += 1
        elif self.labels:
            detail = (
                'A block definition must have block content delimited by "{" and "}", '
                "starting on the same line as the block header."
            )
            raise SyntaxProblem("Invalid block definition", detail, start, end)
        else:
            detail = (
                "An argument or block definition is required here. To set an argument, "
                'use the equals sign "=" to introduce the argument value.'
            )
            raise SyntaxProblem("Argument or block definition required", detail, self.item, self.item_end)

    def _value(self, kind: str, prev: str, start: int, end: int) -> None:
        if kind in ("NEWLINE", "$END"):
            if problem := self.incomplete(kind, prev, start, end):
                raise problem
            if self.single and kind == "NEWLINE":
                raise self._single("with its closing brace on the same line", start, end)
            self.phase = _ITEM
        elif prev in ENDS and kind not in _CONTINUES and (kind != "COLON" or not self.conds):
            if self.conds:
                raise missing_false(start, end)
            if kind != "RBRACE" or not self.single:
                raise self.unexpected(kind, prev, start, end)

    def unexpected(self, kind: str, prev: str, start: int, end: int) -> SyntaxProblem:
        """What follows a complete value on its line."""
        if prev not in ENDS or self.conds:
            return super().unexpected(kind, prev, start, end)
        if not self.single:
            return missing_newline("argument", start, end)
        return self._single("with its closing brace immediately after it", start, end)

    def _single(self, how: str, start: int, end: int) -> SyntaxProblem:
        detail = f"An argument on the line of its block's opening brace makes a single-line block, {how}."
        return SyntaxProblem("Invalid single-argument block definition", detail, start, end)


_KEY, _KEYED, _OBJECT_VALUE = range(3)


class ObjectFrame(Frame):
    """Between an object's braces: `key = value`, separated by commas or newlines."""

    __slots__ = ()

    def __init__(self, start: int) -> None:
        super().__init__(OBJECT, start)

    def colon(self) -> None:
        """A conditional's colon, or the one between key and value (that `check` has seen)."""
        self.conds -= self.conds > 0

    def check(self, kind: str, prev: str, start: int, end: int) -> None:
        """Items and what is between them."""
        if self.phase == _OBJECT_VALUE:
            self._value(kind, prev, start, end)
        elif self.phase == _KEYED:
            self._keyed(kind, prev, start, end)
        elif kind not in ("NEWLINE", "RBRACE"):
            if kind in ("COMMA", "EQ", "COLON"):
                raise invalid_expression(start, end)
            self.phase = _KEYED

    def _keyed(self, kind: str, prev: str, start: int, end: int) -> None:
        if kind == "NEWLINE":
            raise self.incomplete(kind, prev, start, end) or self.unexpected(kind, prev, start, end)
        if prev not in ENDS:
            return
        if not self.conds and kind in ("EQ", "COLON"):
            self.phase = _OBJECT_VALUE
        elif kind not in _CONTINUES and kind != "$END" and (kind != "COLON" or not self.conds):
            raise self.unexpected(kind, prev, start, end)

    def _value(self, kind: str, prev: str, start: int, end: int) -> None:
        if kind in ("NEWLINE", "COMMA") and self.incomplete(kind, prev, start, end) is None:
            self.phase = _KEY
        elif kind == "NEWLINE" or (
            prev in ENDS and kind not in _CONTINUES and kind not in ("RBRACE", "$END") and (kind != "COLON" or not self.conds)
        ):
            raise self.incomplete(kind, prev, start, end) or self.unexpected(kind, prev, start, end)

    def unexpected(self, kind: str, prev: str, start: int, end: int) -> SyntaxProblem:
        """What follows a complete key or value."""
        if prev not in ENDS or self.conds or kind == "$END":
            return super().unexpected(kind, prev, start, end)
        if self.phase == _KEYED:
            detail = 'Expected an attribute value, introduced by an equals sign ("=").'
            return SyntaxProblem("Missing attribute value", detail, start, end)
        detail = "Expected a newline or comma to mark the beginning of the next attribute."
        return SyntaxProblem("Missing attribute separator", detail, start, end)
