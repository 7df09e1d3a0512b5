"""The syntax tree: compact, immutable, with character offsets into its source. Serializable by msgspec (the parse cache).

Every node has `start` and `end`, offsets into `SourceText.text`. Shapes follow HashiCorp's hclsyntax, so that the same text
gives the same structure (`corpus/hcl-syntax` compares them).
"""

from __future__ import annotations

from typing import TypeAlias

import msgspec

_KINDS = (
    *("Literal", "Text", "Template", "TemplateWrap", "TemplateJoin", "Attr", "Index", "Traversal", "RelativeTraversal"),
    *("IndexExpr", "Splat", "Anon", "TupleExpr", "ObjectItem", "ObjectExpr", "For", "Call", "Unary", "Binary", "Conditional"),
    *("Parens", "Attribute", "Label", "Block", "Body", "Node", "Quoted"),
)


class Node(msgspec.Struct, frozen=True, tag_field="node", tag=_KINDS.index, array_like=True, gc=False):
    """A piece of source text: `start` up to `end`, in characters from the beginning of the file.

    Nodes hold no cycles, so that the garbage collector need not look at them.
    """

    start: int
    end: int


class Literal(Node, frozen=True):
    """A number, bool or null. Numbers keep their text (`number`), so that nothing is lost in a float."""

    value: bool | None = None
    number: str | None = None


class Text(Node, frozen=True):
    """A literal part of a template, escapes decoded."""

    value: str


class Quoted(Node, frozen=True):
    """A string, quoted or a heredoc, that is literal text and nothing else, escapes decoded. Most strings are these."""

    value: str


class Template(Node, frozen=True):
    """A quoted string or heredoc: literal text, interpolations and directives joined into a string."""

    parts: tuple[Expr, ...]


class TemplateWrap(Node, frozen=True):
    """`"${x}"` and nothing else: the value of x itself, not a string."""

    inner: Expr


class TemplateJoin(Node, frozen=True):
    """A `%{for}` directive: the strings of its `for` joined."""

    inner: Expr


class Attr(Node, frozen=True):
    """A `.name` step."""

    name: str


class Index(Node, frozen=True):
    """A step with a literal key: `[0]`, `["a"]`, or the legacy `.0`. Numbers are int or the number's text."""

    key: int | str


Step: TypeAlias = Attr | Index


class Traversal(Node, frozen=True):
    """A name and static steps: `var.a[0].b`; `name_end` is where the root name ends."""

    root: str
    steps: tuple[Step, ...]


class RelativeTraversal(Node, frozen=True):
    """Static steps on an expression that is not a name: `f(x).a`."""

    source: Expr
    steps: tuple[Step, ...]


class IndexExpr(Node, frozen=True):
    """`collection[key]` with a key that is an expression."""

    collection: Expr
    key: Expr


class Splat(Node, frozen=True):
    """`source[*].each`: `each` is written over `Anon`, the element. `legacy` is the `.*` form."""

    source: Expr
    each: Expr
    legacy: bool = False


class Anon(Node, frozen=True):
    """The element of the enclosing splat."""


class TupleExpr(Node, frozen=True):
    """`[a, b]`."""

    items: tuple[Expr, ...]


class ObjectItem(Node, frozen=True):
    """`key = value`; a key that is a plain name is a string, that name."""

    key: Expr | str
    value: Expr


class ObjectExpr(Node, frozen=True):
    """`{ a = 1 }`."""

    items: tuple[ObjectItem, ...]


class For(Node, frozen=True):
    """A `for` expression: a tuple, or an object when `key` is set; `group` is the `...` mark."""

    key_var: str | None
    value_var: str
    collection: Expr
    key: Expr | None
    value: Expr
    condition: Expr | None
    group: bool = False


class Call(Node, frozen=True):
    """A function call; `expand` is a final argument followed by `...`. `name_end` is where the name ends."""

    name: str
    args: tuple[Expr, ...]
    expand: bool
    name_end: int


class Unary(Node, frozen=True):
    """`-x` or `!x`."""

    op: str
    operand: Expr


class Binary(Node, frozen=True):
    """`left op right`."""

    op: str
    left: Expr
    right: Expr


class Conditional(Node, frozen=True):
    """`test ? yes : no`; also the `%{if}` directive."""

    test: Expr
    yes: Expr
    no: Expr


class Parens(Node, frozen=True):
    """`(x)`."""

    inner: Expr


Expr: TypeAlias = (
    Literal
    | Text
    | Quoted
    | Template
    | TemplateWrap
    | TemplateJoin
    | Traversal
    | RelativeTraversal
    | IndexExpr
    | Splat
    | Anon
    | TupleExpr
    | ObjectExpr
    | For
    | Call
    | Unary
    | Binary
    | Conditional
    | Parens
)


class Attribute(Node, frozen=True):
    """`name = expr` in a body; `name_end` is where the name ends (it begins at `start`).

    What would need a walk through `expr` is kept with the tree: what it refers to (`references` says what that is), the names
    that its `for`s bind, and whether a template of one interpolation and nothing else stands in it. `names` are the variables
    and locals, each once (`var.a`), `refers` all other references.
    """

    name: str
    expr: Expr
    name_end: int
    names: tuple[str, ...]
    refers: tuple[Traversal, ...]
    binds: tuple[str, ...]
    wraps: bool


class Label(Node, frozen=True):
    """A block's label, quoted or bare."""

    value: str


class Block(Node, frozen=True):
    """`type "label" { body }`; `header_end` is where the header (type and labels) ends."""

    type: str
    labels: tuple[Label, ...]
    body: Body
    header_end: int


class Body(Node, frozen=True):
    """Attributes (no name twice) and blocks, each in source order."""

    attributes: tuple[Attribute, ...]
    blocks: tuple[Block, ...]
