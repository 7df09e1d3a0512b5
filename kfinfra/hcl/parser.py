"""Text to syntax tree: a scanner and a precedence parser in one pass over the characters, with HashiCorp's messages.

Newlines end an argument inside `{}` and count for nothing inside `()`, `[]`, `${}` and object braces' values.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import msgspec

from kfinfra.diag import DiagnosticError, SourceText, error
from kfinfra.hcl.nodes import (
    Anon,
    Attr,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expr,
    For,
    Index,
    IndexExpr,
    Label,
    Literal,
    ObjectExpr,
    ObjectItem,
    Parens,
    RelativeTraversal,
    Splat,
    Step,
    Template,
    Text,
    Traversal,
    TupleExpr,
    Unary,
)
from kfinfra.hcl.template import TemplateReader

LEVELS: tuple[tuple[str, ...], ...] = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))
_VERSION = "1"


def parse(source: SourceText, cache_dir: Path | None = None) -> Body:
    """The body of a file. Raises DiagnosticError. With `cache_dir` an unchanged text is read back, not parsed."""
    if cache_dir is None:
        return Parser(source).file()
    key = hashlib.sha256(f"{_VERSION}\0{msgspec.__version__}\0{source.text}".encode()).hexdigest()
    path = cache_dir / f"{key}.msgpack"
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Body)
    except (OSError, msgspec.DecodeError):
        body = Parser(source).file()
    _remember(path, msgspec.msgpack.encode(body))
    return body


def _remember(path: Path, data: bytes) -> None:
    """Writes the cache; a folder that cannot be written only costs the next command some time."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        fresh = path.with_suffix(".new")
        fresh.write_bytes(data)
        fresh.replace(path)
    except OSError:
        return


def parse_expression(source: SourceText) -> Expr:
    """The one expression that `source` holds. Raises DiagnosticError."""
    parser = Parser(source)
    parser.depth = 1
    expr = parser.expression()
    parser.skip()
    if parser.at < len(source.text):
        parser.fail("Extra characters after expression", "An expression was read, but it is followed by more.", parser.at)
    return expr


def parse_template(source: SourceText) -> Expr:
    """The template that `source` is (a file of `templatefile`). Raises DiagnosticError."""
    return TemplateReader(Parser(source)).whole()


class Parser:
    """A cursor over the text. `depth` > 0: newlines are white space."""

    def __init__(self, source: SourceText) -> None:
        self.source, self.text = source, source.text
        self.at = 1 if source.text.startswith("\ufeff") else 0
        self.depth = 0

    def fail(self, summary: str, detail: str, start: int, end: int | None = None) -> NoReturn:
        """Raises the diagnostic at a range."""
        raise DiagnosticError(error(summary, detail, self.source.span(start, end if end is not None else start + 1)))

    def skip(self, newlines: bool | None = None) -> None:
        """Moves over white space and comments, and over newlines where they do not count."""
        over = self.depth > 0 if newlines is None else newlines
        text = self.text
        while self.at < len(text):
            c = text[self.at]
            if c in " \t" or (over and c in "\r\n"):
                self.at += 1
            elif c == "#" or text.startswith("//", self.at):
                end = text.find("\n", self.at)
                self.at = len(text) if end < 0 else end
            elif text.startswith("/*", self.at):
                end = text.find("*/", self.at + 2)
                if end < 0:
                    self.fail("Unterminated comment", "This comment has no closing */.", self.at, self.at + 2)
                self.at = end + 2
            else:
                return

    def peek(self, mark: str) -> bool:
        """Whether `mark` comes next, after white space."""
        self.skip()
        return self.text.startswith(mark, self.at)

    def take(self, mark: str) -> bool:
        """Moves over `mark` if it comes next."""
        if self.peek(mark):
            self.at += len(mark)
            return True
        return False

    def identifier(self) -> str | None:
        """The name that begins here, if one does; the cursor moves behind it."""
        start = self.at
        text = self.text
        if start >= len(text) or not (text[start].isidentifier()):
            return None
        end = start + 1
        while end < len(text) and (text[end] == "-" or text[end].isidentifier() or ("a" + text[end]).isidentifier()):
            end += 1
        self.at = end
        return unicodedata.normalize("NFC", text[start:end])

    # --- bodies

    def file(self) -> Body:
        """The whole text as a body."""
        return self.body(closing=False)

    def body(self, closing: bool) -> Body:
        """Attributes and blocks up to the end of the text, or up to `}`."""
        start = self.at
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        names: dict[str, Attribute] = {}
        while True:
            self.skip(True)
            if self.at >= len(self.text):
                if closing:
                    self.fail(
                        "Unclosed configuration block",
                        "There is no closing brace for this block before the end of the file.",
                        start - 1,
                        start,
                    )
                return Body(start, self.at, tuple(attributes), tuple(blocks))
            if closing and self.text[self.at] == "}":
                return Body(start, self.at, tuple(attributes), tuple(blocks))
            item = self.item()
            if isinstance(item, Attribute):
                self.once(item, names)
                attributes.append(item)
            else:
                blocks.append(item)
            self.line_end(item)

    def once(self, item: Attribute, names: dict[str, Attribute]) -> None:
        """A name may be set once in a body."""
        if item.name in names:
            first = self.source.span(names[item.name].start, names[item.name].name_end)
            self.fail(
                "Attribute redefined",
                f'The argument "{item.name}" was already set at {first}. Each argument may be set only once.',
                item.start,
                item.name_end,
            )
        names[item.name] = item

    def line_end(self, item: Attribute | Block) -> None:
        """After an argument or a block a new line begins, or the text ends."""
        self.skip(False)
        text, at = self.text, self.at
        if at >= len(text) or text[at] == "\n" or text.startswith("\r\n", at):
            return
        what = "argument" if isinstance(item, Attribute) else "block definition"
        words = "An argument" if isinstance(item, Attribute) else "A block"
        self.fail(f"Missing newline after {what}", f"{words} definition must end with a newline.", at)

    def item(self) -> Attribute | Block:
        """One argument or block."""
        start = self.at
        name = self.identifier()
        if name is None:
            if self.text[start] in "\"'":
                self.fail("Invalid argument name", "Argument names must not be quoted.", start)
            self.fail(
                "Argument or block definition required",
                'An argument or block definition is required here: a name, then "=" or a block.',
                start,
            )
        name_end = self.at
        self.skip(False)
        if self.text.startswith("=", self.at) and not self.text.startswith("==", self.at):
            self.at += 1
            expr = self.expression()
            return Attribute(start, expr.end, name, expr, name_end)
        return self.block(start, name)

    def block(self, start: int, name: str) -> Block:
        """A block's labels and body; the cursor is behind its type."""
        labels: list[Label] = []
        while True:
            self.skip(False)
            at = self.at
            if self.text.startswith("{", at):
                break
            if self.text.startswith('"', at):
                labels.append(TemplateReader(self).label())
                continue
            label = self.identifier()
            if label is None:
                if labels or (at < len(self.text) and self.text[at] in "\r\n"):
                    self.fail(
                        "Invalid block definition",
                        'A block definition must have block content delimited by "{" and "}", '
                        "starting on the same line as the block header.",
                        at,
                    )
                self.fail(
                    "Argument or block definition required",
                    "An argument or block definition is required here. To set an "
                    f'argument, use the equals sign "=" to introduce the argument value of "{name}".',
                    start,
                    start + len(name),
                )
            labels.append(Label(at, self.at, label))
        header_end = labels[-1].end if labels else start + len(name)
        self.at += 1
        depth, self.depth = self.depth, 0
        body = self.inner_body()
        self.depth = depth
        self.at += 1
        return Block(start, self.at, name, tuple(labels), body, header_end)

    def inner_body(self) -> Body:
        """What is between a block's braces: on one line at most one argument."""
        start = self.at
        self.skip(False)
        if self.at >= len(self.text) or self.text[self.at] in "\r\n}":
            self.at = start
            return self.body(closing=True)
        item = self.item()
        self.skip(False)
        if isinstance(item, Block):
            self.fail(
                "Invalid single-argument block definition",
                "A block on one line may hold one argument and no block.",
                item.start,
                item.header_end,
            )
        if not self.text.startswith("}", self.at):
            self.fail(
                "Invalid single-argument block definition",
                "A single-line block definition must end with a closing brace immediately after its single argument definition.",
                self.at,
            )
        return Body(start, self.at, (item,), ())

    # --- expressions

    def expression(self) -> Expr:
        """A conditional or what binds more tightly."""
        test = self.binary(0)
        if not self.take("?"):
            return test
        yes = self.expression()
        if not self.take(":"):
            self.fail(
                "Missing false expression in conditional",
                "The conditional operator (...?...:...) requires a false expression, delimited by a colon.",
                self.at,
            )
        no = self.expression()
        return Conditional(test.start, no.end, test, yes, no)

    def binary(self, level: int) -> Expr:
        """Left-associative operators of `level` and above."""
        if level == len(LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while True:
            self.skip()
            operator = next((o for o in LEVELS[level] if self.text.startswith(o, self.at)), None)
            if operator is None or (operator == "/" and self.text[self.at + 1 : self.at + 2] in ("/", "*")):
                return left
            if operator in "<>" and operator and self.text.startswith("=", self.at + 1):
                return left
            self.at += len(operator)
            right = self.binary(level + 1)
            left = Binary(left.start, right.end, operator, left, right)

    def unary(self) -> Expr:
        """`-x`, `!x`, or a term."""
        self.skip()
        start = self.at
        for operator in ("-", "!"):
            if self.text.startswith(operator, start) and not self.text.startswith("!=", start):
                self.at += 1
                operand = self.unary()
                return Unary(start, operand.end, operator, operand)
        return self.postfix(self.term())

    def term(self) -> Expr:
        """A literal, a template, a name, a call, brackets."""
        start, text = self.at, self.text
        c = text[start : start + 1]
        if c.isdigit() and c.isascii():
            return self.number()
        if c == '"':
            return TemplateReader(self).quoted()
        if text.startswith("<<", start):
            return TemplateReader(self).heredoc()
        if c == "(":
            self.at += 1
            inner = self.within(self.expression)
            self.close(")", start, "Unbalanced parentheses", "Expected a closing parenthesis to terminate the expression.")
            return Parens(start, self.at, inner)
        if c == "[":
            return self.tuple_or_for()
        if c == "{":
            return self.object_or_for()
        name = self.identifier()
        if name is not None:
            return self.named(start, name)
        if c and c in "'`":
            self.fail(
                "Invalid character", "This character is not used within the language: strings stand in double quotes.", start
            )
        self.fail("Invalid expression", "Expected the start of an expression, but found an invalid expression token.", start)

    def within(self, read: Callable[[], Expr]) -> Expr:
        """Reads with newlines as white space."""
        self.depth += 1
        try:
            return read()
        finally:
            self.depth -= 1

    def close(self, mark: str, start: int, summary: str, detail: str) -> None:
        """Moves over a closing bracket."""
        self.depth += 1
        found = self.take(mark)
        self.depth -= 1
        if not found:
            self.fail(summary, detail, min(self.at, len(self.text)))

    def number(self) -> Literal:
        """A number literal, kept as its text."""
        start, text = self.at, self.text
        end = start
        while end < len(text) and text[end].isdigit() and text[end].isascii():
            end += 1
        if text[end : end + 1] == "." and text[end + 1 : end + 2].isdigit():
            end += 1
            while end < len(text) and text[end].isdigit():
                end += 1
        if text[end : end + 1] in ("e", "E"):
            more = end + 1 + (text[end + 1 : end + 2] in ("+", "-"))
            if text[more : more + 1].isdigit():
                end = more
                while end < len(text) and text[end].isdigit():
                    end += 1
        if end < len(text) and (text[end].isidentifier()):
            self.fail("Invalid number literal", f'"{text[start : end + 1]}" is not a number.', start, end + 1)
        self.at = end
        return Literal(start, end, number=text[start:end])

    def named(self, start: int, name: str) -> Expr:
        """What a name begins: a keyword, a function call, a traversal."""
        while self.text.startswith("::", self.at):
            self.at += 2
            more = self.identifier()
            if more is None:
                self.fail("Missing function name", 'A name is required after "::".', self.at)
            name = f"{name}::{more}"
        end = self.at
        if self.peek("("):
            return self.call(start, name, end)
        self.at = end
        if "::" in name:
            self.fail("Missing open parenthesis", "A function's name is followed by its arguments in parentheses.", end)
        match name:
            case "true" | "false":
                return Literal(start, end, value=name == "true")
            case "null":
                return Literal(start, end)
        return Traversal(start, end, name, ())

    def call(self, start: int, name: str, name_end: int) -> Call:
        """A function call's arguments; the cursor is at `(`."""
        self.at += 1
        args: list[Expr] = []
        expand = False
        self.depth += 1
        while not self.take(")"):
            args.append(self.expression())
            if self.take("..."):
                expand = True
                if not self.take(")"):
                    self.fail(
                        "Missing closing parenthesis",
                        "An expanded function argument (with ...) must be immediately followed by closing parentheses.",
                        self.at,
                    )
                break
            if not self.take(",") and not self.peek(")"):
                self.fail(
                    "Missing argument separator", "A comma is required to separate each function argument from the next.", self.at
                )
        self.depth -= 1
        return Call(start, self.at, name, tuple(args), expand, name_end)

    def tuple_or_for(self) -> Expr:
        """`[a, b]` or `[for … : …]`."""
        start = self.at
        self.at += 1
        self.depth += 1
        if self.word("for"):
            return self.for_expression(start, "]")
        items: list[Expr] = []
        while not self.take("]"):
            items.append(self.expression())
            if not self.take(",") and not self.peek("]"):
                self.fail("Missing item separator", "Expected a comma to mark the beginning of the next item.", self.at)
        self.depth -= 1
        return TupleExpr(start, self.at, tuple(items))

    def word(self, wanted: str) -> bool:
        """Moves over the keyword `wanted` if it comes next."""
        self.skip()
        at = self.at
        if self.identifier() == wanted:
            return True
        self.at = at
        return False

    def for_expression(self, start: int, closing: str) -> For:
        """The rest of a `for` expression, behind the keyword; `depth` was raised for it."""
        first = self.name("for")
        second = self.name("for") if self.take(",") else None
        if not self.word("in"):
            self.fail(
                "Invalid 'for' expression", "For expression requires the 'in' keyword after its name declarations.", self.at
            )
        collection = self.expression()
        if not self.take(":"):
            self.fail("Invalid 'for' expression", "For expression requires a colon after the collection expression.", self.at)
        value = self.expression()
        key = None
        if closing == "}":
            if not self.take("=>"):
                self.fail(
                    "Invalid 'for' expression", "An object for expression requires the => symbol between key and value.", self.at
                )
            key, value = value, self.expression()
        group = self.take("...")
        if group and closing == "]":
            self.fail(
                "Invalid 'for' expression", "Grouping ellipsis (...) cannot be used when building a tuple.", self.at - 3, self.at
            )
        condition = self.expression() if self.word("if") else None
        if not self.take(closing):
            self.fail("Invalid 'for' expression", "Extra characters after the end of the 'for' expression.", self.at)
        self.depth -= 1
        names = (first, second) if second is not None else (None, first)
        return For(start, self.at, names[0], names[1], collection, key, value, condition, group)

    def name(self, where: str) -> str:
        """A name that must stand here."""
        self.skip()
        found = self.identifier()
        if found is None:
            self.fail(f"Invalid '{where}' expression", "A variable name is required here.", self.at)
        return found

    def object_or_for(self) -> Expr:
        """`{ a = 1 }` or `{ for … }`; newlines separate items, but are white space in a `for`."""
        start = self.at
        self.at += 1
        saved, self.depth = self.depth, 1
        if self.word("for"):
            expr = self.for_expression(start, "}")
            self.depth = saved
            return expr
        items: list[ObjectItem] = []
        self.depth = 0
        while True:
            self.skip(True)
            if self.text.startswith("}", self.at):
                self.at += 1
                break
            items.append(self.object_item())
            self.separator()
        self.depth = saved
        return ObjectExpr(start, self.at, tuple(items))

    def object_item(self) -> ObjectItem:
        """One `key = value`."""
        if self.at >= len(self.text):
            self.fail("Unterminated object constructor expression", "There is no closing brace for this object.", self.at)
        key = self.expression()
        bare = key.root if isinstance(key, Traversal) and not key.steps else None
        if isinstance(key, Literal) and key.number is None:
            bare = "null" if key.value is None else str(key.value).lower()
        self.skip(False)
        if self.text.startswith("==", self.at) or self.text[self.at : self.at + 1] not in ("=", ":"):
            self.fail("Missing attribute value", 'Expected an attribute value, introduced by an equals sign ("=").', self.at)
        self.at += 1
        value = self.expression()
        return ObjectItem(key.start, value.end, key, value, bare)

    def separator(self) -> None:
        """Between items: a comma or a new line."""
        self.skip(False)
        text, at = self.text, self.at
        if text.startswith(",", at):
            self.at += 1
        elif at < len(text) and text[at] not in "\r\n}":
            self.fail(
                "Missing attribute separator", "Expected a newline or comma to mark the beginning of the next attribute.", at
            )

    # --- steps

    def postfix(self, expr: Expr) -> Expr:
        """Steps behind a term: `.a`, `[0]`, `[key]`, splats."""
        while True:
            here = self.at
            self.skip()
            c = self.text[self.at : self.at + 1]
            if c == "." and not self.text.startswith("...", self.at):
                expr = self.dotted(expr)
            elif c == "[":
                expr = self.indexed(expr)
            else:
                self.at = here
                return expr

    def dotted(self, expr: Expr) -> Expr:
        """A `.name`, a legacy `.0`, or a `.*` splat."""
        start = self.at
        self.at += 1
        self.skip()
        if self.text.startswith("*", self.at):
            self.at += 1
            return self.splat(expr, legacy=True)
        name = self.identifier()
        if name is not None:
            return step(expr, Attr(start, self.at, name))
        digits = self.at
        while self.text[self.at : self.at + 1].isdigit():
            self.at += 1
        if digits == self.at:
            self.fail("Invalid attribute name", "An attribute name is required after a dot.", self.at)
        if self.text[self.at : self.at + 1] == "." and self.text[self.at + 1 : self.at + 2].isdigit():
            detail = "Two legacy indexes cannot be chained: use the index syntax instead, like [0][1]."
            self.fail("Invalid legacy index syntax", detail, start, self.at + 2)
        return step(expr, Index(start, self.at, int(self.text[digits : self.at])))

    def indexed(self, expr: Expr) -> Expr:
        """`[key]`, or the splat `[*]`."""
        start = self.at
        self.at += 1
        self.depth += 1
        if self.take("*"):
            if not self.take("]"):
                self.fail(
                    "Missing close bracket on splat index",
                    "The star for a full splat operator must be immediately followed by a closing bracket.",
                    self.at,
                )
            self.depth -= 1
            return self.splat(expr, legacy=False)
        key = self.expression()
        if not self.take("]"):
            self.fail("Missing close bracket on index", 'The index operator must end with a closing bracket ("]").', self.at)
        self.depth -= 1
        literal = literal_key(key)
        if literal is not None:
            return step(expr, Index(start, self.at, literal))
        return IndexExpr(expr.start, self.at, expr, key)

    def splat(self, source: Expr, legacy: bool) -> Expr:
        """A splat and the steps that belong to each element."""
        mark = self.at
        each: Expr = Anon(mark, mark)
        while True:
            here = self.at
            self.skip()
            c = self.text[self.at : self.at + 1]
            if c == "." and not self.text.startswith("...", self.at):
                if legacy and self.star():
                    self.fail(
                        "Nested splat expression not allowed",
                        "A splat expression (*) cannot be used inside another attribute-only splat expression.",
                        self.at + 1,
                    )
                each = self.dotted(each)
            elif c == "[" and not legacy:
                each = self.indexed(each)
            else:
                self.at = here
                return Splat(source.start, self.at, source, each, legacy)

    def star(self) -> bool:
        """Whether the step that begins here is another splat."""
        return self.text.startswith("*", self.at + 1)


def literal_key(key: Expr) -> int | str | None:
    """The key of a static step: a number or a string without templates."""
    match key:
        case Literal(number=str() as number):
            return int(number) if number.isdigit() else None
        case Template(parts=(Text(value=text),)):
            return text
        case _:
            return None


def step(expr: Expr, more: Step) -> Expr:
    """`expr` with one more static step."""
    match expr:
        case Traversal(start=start, root=root, steps=steps):
            return Traversal(start, more.end, root, (*steps, more))
        case RelativeTraversal(start=start, source=source, steps=steps):
            return RelativeTraversal(start, more.end, source, (*steps, more))
        case _:
            return RelativeTraversal(expr.start, more.end, expr, (more,))
