"""The grammar's rules to nodes: one method a rule, called by lark while it parses, so that no tree of lark's is ever made.

Children are the rule's tokens and what its other rules returned. Newline tokens are None. The grammar nests splats the wrong
way round; here what follows `[*]` belongs to each element.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypeAlias

from lark import Token, Transformer

from kfinfra.hcl import nodes as n
from kfinfra.hcl import references
from kfinfra.hcl.problem import SyntaxProblem
from kfinfra.hcl.template import Piece, template

Children: TypeAlias = list[Any]
# A step in brackets: where it begins, where it ends, its key.
Bracketed: TypeAlias = tuple[int, int, n.Expr]
Step: TypeAlias = n.Step | Bracketed
Items: TypeAlias = tuple[tuple[n.Attribute, ...], tuple[n.Block, ...]]
# Arguments, and whether the last one is expanded.
Arguments: TypeAlias = tuple[tuple[n.Expr, ...], bool]
Intro: TypeAlias = tuple[str | None, str, n.Expr]
Wrapped: TypeAlias = tuple[n.Expr]
Splat: TypeAlias = tuple[bool, Children]


def at(token: Token) -> int:
    """Where a token begins."""
    assert token.start_pos is not None
    return token.start_pos


def to(token: Token) -> int:
    """Where a token ends."""
    assert token.end_pos is not None
    return token.end_pos


class Builder(Transformer[Token, Any]):
    """Stateless, so that one serves all threads."""

    # --- bodies

    def start(self, c: Children) -> Items:
        """The file: its items."""
        items: Items = c[0]
        return items

    def body(self, c: Children) -> Items:
        """Attributes and blocks, no attribute twice."""
        attributes = [x for x in c if type(x) is n.Attribute]
        names: dict[str, n.Attribute] = {}
        for attribute in attributes:
            if attribute.name in names:
                raise _redefined(attribute, names[attribute.name])
            names[attribute.name] = attribute
        return tuple(attributes), tuple(x for x in c if type(x) is n.Block)

    def attribute(self, c: Children) -> n.Attribute:
        """`name = expression`."""
        name, _, expr = c
        return references.attribute(at(name), expr.end, str(name), expr, to(name))

    def block(self, c: Children) -> n.Block:
        """`type labels { body }`."""
        *header, brace, (attributes, blocks), close = c
        labels = tuple(_label(each) for each in header[1:])
        body = n.Body(to(brace), at(close), attributes, blocks)
        return n.Block(at(header[0]), to(close), str(header[0]), labels, body, labels[-1].end if labels else to(header[0]))

    def new_line_or_comment(self, c: Children) -> None:
        """Nothing: what newlines separate was checked by the scanner."""

    def _only(self, c: Children) -> Any:
        return c[0]

    identifier = keyword = literal_value = object_elem_key = binary_operator = _only

    # --- terms

    def int_lit(self, c: Children) -> n.Literal:
        """A number, kept as its text."""
        return n.Literal(at(c[0]), to(c[0]), number=str(c[0]))

    float_lit = int_lit

    def expr_term(self, c: Children) -> n.Expr:
        """Parentheses, a name, a constant, or what is a node already."""
        first = c[0]
        if not isinstance(first, Token):
            node: n.Expr = first
            return node
        if first.type == "LPAR":
            return n.Parens(at(first), to(c[-1]), c[1])
        if first.type == "NAME":
            return n.Traversal(at(first), to(first), str(first), ())
        return n.Literal(at(first), to(first), value=None if first.type == "NULL" else first.type == "TRUE")

    def tuple(self, c: Children) -> n.TupleExpr:
        """`[a, b]`."""
        items = tuple(x for x in c if not isinstance(x, Token))
        return n.TupleExpr(at(c[0]), to(c[-1]), items)

    def object(self, c: Children) -> n.ObjectExpr:
        """`{ a = 1 }`."""
        items = tuple(x for x in c if type(x) is n.ObjectItem)
        return n.ObjectExpr(at(c[0]), to(c[-1]), items)

    def object_elem(self, c: Children) -> n.ObjectItem:
        """`key = value`; a key that is a plain name is that name."""
        key, _, value = c
        start = key.start
        if type(key) is n.Traversal and not key.steps:
            key = key.root
        elif type(key) is n.Literal and key.number is None:
            key = "null" if key.value is None else str(key.value).lower()
        return n.ObjectItem(start, value.end, key, value)

    def function_call(self, c: Children) -> n.Call:
        """`name(arguments)`."""
        args, expand = next((x for x in c if type(x) is tuple), ((), False))
        return n.Call(at(c[0]), to(c[-1]), str(c[0]), args, expand, to(c[0]))

    def arguments(self, c: Children) -> Arguments:
        """Arguments, and whether the last one is expanded."""
        expand = isinstance(c[-1], Token) and c[-1].type == "ELLIPSIS"
        return tuple(x for x in c if not isinstance(x, Token)), expand

    # --- operations

    def conditional(self, c: Children) -> n.Conditional:
        """`test ? yes : no`."""
        test, _, yes, _, no = c
        return n.Conditional(test.start, no.end, test, yes, no)

    def binary_term(self, c: Children) -> Children:
        """An operator and what stands behind it."""
        return c

    def binary_op(self, c: Children) -> n.Binary:
        """`left operator right`."""
        left, (operator, right) = c[0], c[1]
        return n.Binary(left.start, right.end, str(operator), left, right)

    def unary_op(self, c: Children) -> n.Unary:
        """`-x`, `!x`."""
        return n.Unary(at(c[0]), c[1].end, str(c[0]), c[1])

    # --- steps

    def get_attr(self, c: Children) -> Step:
        """`.name`."""
        return n.Attr(at(c[0]), to(c[1]), str(c[1]))

    def short_index(self, c: Children) -> Step:
        """The legacy `.0`."""
        text = str(c[1])
        return n.Index(at(c[0]), to(c[1]), int(text) if text.isdigit() else int(Decimal(text)))

    def braces_index(self, c: Children) -> Bracketed:
        """`[key]`."""
        return at(c[0]), to(c[2]), c[1]

    def index_expr_term(self, c: Children) -> n.Expr:
        """An expression and one step."""
        return _onto(c[0], c[1])

    get_attr_expr_term = index_expr_term

    def attr_splat(self, c: Children) -> Splat:
        """`.*` and steps."""
        return True, c

    def full_splat(self, c: Children) -> Splat:
        """`[*]` and steps."""
        return False, c

    def attr_splat_expr_term(self, c: Children) -> n.Expr:
        """An expression and a splat with its steps."""
        legacy, (mark, *steps) = c[1]
        expr: n.Expr = _splat(c[0], mark, legacy)
        for step in steps:
            expr = _onto(expr, step)
        return expr

    full_splat_expr_term = attr_splat_expr_term

    # --- for

    def for_intro(self, c: Children) -> Intro:
        """The names and the collection."""
        names = [str(x) for x in c if isinstance(x, Token) and x.type == "NAME"]
        return names[0] if len(names) > 1 else None, names[-1], c[-2]

    def for_cond(self, c: Children) -> Wrapped:
        """`if condition`."""
        return (c[1],)

    def for_tuple_expr(self, c: Children) -> n.For:
        """`[for … : value if …]`."""
        key_name, name, collection = c[1]
        return n.For(at(c[0]), to(c[-1]), key_name, name, collection, None, c[2], _condition(c))

    def for_object_expr(self, c: Children) -> n.For:
        """`{for … : key => value... if …}`."""
        key_name, name, collection = c[1]
        group = isinstance(c[5], Token) and c[5].type == "ELLIPSIS"
        return n.For(at(c[0]), to(c[-1]), key_name, name, collection, c[2], c[4], _condition(c), group)

    # --- templates

    def string(self, c: Children) -> n.Expr:
        """A quoted template or a heredoc."""
        return template(at(c[0]), to(c[-1]), c[1:-1], str(c[0]))

    def string_part(self, c: Children) -> Piece:
        """Literal text; the other parts are pieces already."""
        part = c[0]
        return Piece(at(part), to(part), text=str(part)) if isinstance(part, Token) else part

    def interpolation(self, c: Children) -> Piece:
        """`${ expression }`."""
        return Piece(at(c[0]), to(c[2]), expr=c[1], strip_left=c[0].endswith("~"), strip_right=c[2].startswith("~"))

    def template_if_start(self, c: Children) -> Piece:
        """`%{ if x }`."""
        return _directive(c, c[2])

    def template_for_start(self, c: Children) -> Piece:
        """`%{ for k, v in x }`."""
        names = [str(x) for x in c[2:-2] if isinstance(x, Token) and x.type == "NAME"]
        return _directive(c, c[-2], (names[0] if len(names) > 1 else None, names[-1]))

    def template_else(self, c: Children) -> Piece:
        """`%{ else }`, `%{ endif }`, `%{ endfor }`."""
        return _directive(c, None)

    template_endif = template_endfor = template_else


def _directive(c: Children, expr: n.Expr | None, names: tuple[str | None, str] = (None, "")) -> Piece:
    left, right = c[0].endswith("~"), c[-1].startswith("~")
    return Piece(at(c[0]), to(c[-1]), expr=expr, word=str(c[1]), names=names, strip_left=left, strip_right=right)


def _condition(c: Children) -> n.Expr | None:
    return next((x[0] for x in c[2:] if type(x) is tuple), None)


def _redefined(attribute: n.Attribute, first: n.Attribute) -> SyntaxProblem:
    detail = f'The argument "{attribute.name}" was already set at {{}}. Each argument may be set only once.'
    return SyntaxProblem("Attribute redefined", detail, attribute.start, attribute.name_end, also=first.start)


def _label(written: Token | n.Expr) -> n.Label:
    """A block's label: a name, or a string without templates."""
    if isinstance(written, Token):
        return n.Label(at(written), to(written), str(written))
    match written:
        case n.Quoted(value=value):
            return n.Label(written.start, written.end, value)
    detail = 'Template sequences are not allowed in this string. To include a literal "$", double it.'
    raise SyntaxProblem("Invalid string literal", detail, written.start, written.end)


def _literal_key(key: n.Expr) -> int | str | None:
    """The key of a static step: a number or a string without templates."""
    match key:
        case n.Literal(number=str() as number):
            return int(number) if number.isdigit() else None
        case n.Quoted(value=text):
            return text
        case _:
            return None


def _splat(source: n.Expr, mark: Token, legacy: bool) -> n.Splat:
    """`source` and a splat; one behind a splat is each element's."""
    end = to(mark)
    if isinstance(source, n.Splat):
        if source.legacy and legacy:
            detail = "A splat expression (*) cannot be used inside another attribute-only splat expression."
            raise SyntaxProblem("Nested splat expression not allowed", detail, end - 1, end)
        if not source.legacy:
            return n.Splat(source.start, end, source.source, _splat(source.each, mark, legacy), False)
    return n.Splat(source.start, end, source, n.Anon(end, end), legacy)


def _onto(expr: n.Expr, step: Step) -> n.Expr:
    """`expr` with one more step; behind a splat it is each element's, but brackets behind `.*` are the whole's."""
    bracketed = isinstance(step, tuple)
    if isinstance(expr, n.Splat) and not (expr.legacy and bracketed):
        each = _onto(expr.each, step)
        return n.Splat(expr.start, each.end, expr.source, each, expr.legacy)
    if isinstance(step, tuple):
        start, end, key = step
        literal = _literal_key(key)
        if literal is None:
            return n.IndexExpr(expr.start, end, expr, key)
        step = n.Index(start, end, literal)
    match expr:
        case n.Traversal(start=start, root=root, steps=steps):
            return n.Traversal(start, step.end, root, (*steps, step))
        case n.RelativeTraversal(start=start, source=source, steps=steps):
            return n.RelativeTraversal(start, step.end, source, (*steps, step))
        case _:
            return n.RelativeTraversal(expr.start, step.end, expr, (step,))
