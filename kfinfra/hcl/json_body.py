"""JSON syntax to the same bodies that native syntax gives (hashicorp/hcl json/spec.md), so that all behind is one way.

JSON does not tell blocks from arguments: the shape of what is expected does. Strings are templates; some are expressions (a
type, what something depends on), some are taken as they stand (a variable's default): the shape names them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator
from typing import TypeAlias

from kfinfra.diag import article, counted
from kfinfra.hcl import nodes as n
from kfinfra.hcl import references
from kfinfra.hcl.json_text import Json, JsonArray, JsonConstant, JsonNumber, JsonObject, JsonString, read_json
from kfinfra.hcl.problem import SyntaxProblem
from kfinfra.hcl.shape import Shape

COMMENT = "//"
# Parses a string by a rule of the grammar. Raises SyntaxProblem.
Read: TypeAlias = Callable[[JsonString, str], n.Expr]


def json_body(text: str, shape: Shape, read: Read) -> tuple[n.Body, list[SyntaxProblem]]:
    """The body that `text` is, and what is wrong with it; `read` parses expressions and templates.

    Raises SyntaxProblem where it is no JSON.
    """
    bom = len(text) - len(text.removeprefix("\ufeff"))
    root = read_json(" " * bom + text[bom:])
    maker = _Maker(read)
    attributes, blocks = maker.items(root, shape, "The root")
    return n.Body(bom, len(text), tuple(attributes), tuple(blocks)), maker.found


class _Maker:
    """Makes nodes; mistakes go to `found`, and the next value follows."""

    def __init__(self, read: Read) -> None:
        self.read = read
        self.found: list[SyntaxProblem] = []

    # --- bodies

    def items(self, value: Json, shape: Shape, what: str) -> tuple[list[n.Attribute], list[n.Block]]:
        """The attributes and blocks of a body: an object, or an array of objects that are read as one."""
        attributes: dict[str, n.Attribute] = {}
        blocks: list[n.Block] = []
        for part in value.items if isinstance(value, JsonArray) else (value,):
            if not isinstance(part, JsonObject):
                detail = f"{what} value must be a JSON object or a JSON array of objects."
                self.found.append(SyntaxProblem("Incorrect JSON value type", detail, part.start, part.end))
                continue
            for name, inner in part.properties:
                if name.value == COMMENT:
                    continue
                if name.value in shape.blocks:
                    blocks += self.blocks(name, inner, shape.blocks[name.value])
                elif shape.only_blocks:
                    blocks.append(
                        n.Block(name.start, inner.end, name.value, (), n.Body(inner.start, inner.end, (), ()), name.end)
                    )
                else:
                    self.attribute(name, inner, shape, attributes)
        return list(attributes.values()), blocks

    def attribute(self, name: JsonString, value: Json, shape: Shape, into: dict[str, n.Attribute]) -> None:
        """One argument, which may be set once."""
        first = into.get(name.value)
        if first is not None:
            detail = f'The argument "{name.value}" was already set at {{}}. Each argument may be set only once.'
            self.found.append(SyntaxProblem("Attribute redefined", detail, name.start, name.end, also=first.start))
            return
        how = self.template
        if name.value in shape.expressions:
            how = self.static
        elif name.value in shape.literals or shape.only_literals:
            how = self.literal
        into[name.value] = references.attribute(name.start, value.end, name.value, self.expr(value, how), name.end)

    def blocks(self, name: JsonString, value: Json, shape: Shape) -> Iterator[n.Block]:
        """The blocks of one type: an object a label, within them the body or an array of bodies; null is none."""
        for labels, body in self.labelled((), value, shape, name):
            for part in body.items if isinstance(body, JsonArray) else (body,):
                if part == JsonConstant(part.start, part.end, None):
                    continue
                if not isinstance(part, JsonObject):
                    detail = f'A JSON object is required here, setting the arguments of a "{name.value}" block.'
                    self.found.append(SyntaxProblem("Incorrect JSON value type", detail, part.start, part.end))
                    continue
                attributes, blocks = self.items(part, shape, f'{article(name.value)} "{name.value}" block\'s')
                inside = n.Body(part.start + 1, part.end - 1, tuple(attributes), tuple(blocks))
                head = labels[-1] if labels else name
                start, end = (head.start, head.end) if part is body else (part.start, part.start + 1)
                yield n.Block(start, part.end, name.value, tuple(map(_label, labels)), inside, end)

    def labelled(
        self, labels: tuple[JsonString, ...], value: Json, shape: Shape, name: JsonString
    ) -> Iterator[tuple[tuple[JsonString, ...], Json]]:
        """The bodies under `value`, with the labels that lead to each."""
        if len(labels) == shape.labels:
            yield labels, value
            return
        for part in value.items if isinstance(value, JsonArray) else (value,):
            if not isinstance(part, JsonObject):
                names = "name it is" if shape.labels == 1 else "names they are"
                labels_of = f'{article(name.value)} "{name.value}" block has {counted(shape.labels, "label")}'
                detail = f"{labels_of}: an object is required here, whose {names}."
                self.found.append(SyntaxProblem("Missing block label", detail, part.start, part.end))
                continue
            for label, inner in part.properties:
                if label.value != COMMENT:
                    yield from self.labelled((*labels, label), inner, shape, name)

    # --- expressions

    def expr(self, value: Json, how: Callable[[JsonString], n.Expr]) -> n.Expr:
        """A value as an expression; `how` reads its strings, names of properties among them."""
        start, end = value.start, value.end
        match value:
            case JsonString():
                return self.string(value, how)
            case JsonNumber(text=text):
                number = n.Literal(start + text.startswith("-"), end, number=text.removeprefix("-"))
                return n.Unary(start, end, "-", number) if text.startswith("-") else number
            case JsonConstant(value=constant):
                return n.Literal(start, end, value=constant)
            case JsonArray(items=items):
                return n.TupleExpr(start, end, tuple(self.expr(item, how) for item in items))
            case JsonObject():
                return n.ObjectExpr(start, end, tuple(self.properties(value, how)))

    def properties(self, value: JsonObject, how: Callable[[JsonString], n.Expr]) -> Iterator[n.ObjectItem]:
        """An object's items; a name may stand once."""
        seen: dict[str, JsonString] = {}
        for name, inner in value.properties:
            first = seen.setdefault(name.value, name)
            if first is not name:
                detail = f'The attribute "{name.value}" was already defined at {{}}.'
                self.found.append(SyntaxProblem("Duplicate object attribute", detail, name.start, name.end, also=first.start))
                continue
            key = self.string(name, how)
            plain = key.root if isinstance(key, n.Traversal) and not key.steps else key
            yield n.ObjectItem(name.start, inner.end, plain, self.expr(inner, how))

    def string(self, value: JsonString, how: Callable[[JsonString], n.Expr]) -> n.Expr:
        """A string; one with a mistake in it is empty, and the mistake is in `found`."""
        try:
            return how(value)
        except SyntaxProblem as problem:
            self.found.append(problem)
            return n.Quoted(value.start, value.end, "")

    def literal(self, value: JsonString) -> n.Expr:
        """The string itself."""
        text = value.value if value.value.isascii() else unicodedata.normalize("NFC", value.value)
        return n.Quoted(value.start, value.end, text)

    def template(self, value: JsonString) -> n.Expr:
        """A template: `"${x}"` alone is the value of x."""
        if "${" not in value.value and "%{" not in value.value:
            return self.literal(value)
        return self.read(value, "string")

    def static(self, value: JsonString) -> n.Expr:
        """A native expression, also as a template that is nothing else: `"x"` and `"${x}"` mean the same where x is named."""
        found = self.read(value, "string" if value.value.startswith("${") else "expression")
        return found.inner if isinstance(found, n.TemplateWrap) else found


def _label(name: JsonString) -> n.Label:
    return n.Label(name.start, name.end, name.value)
