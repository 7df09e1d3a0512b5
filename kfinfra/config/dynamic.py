"""`dynamic` blocks: a block for each element of a collection, as HashiCorp's dynblock extension makes them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from kfinfra.config.module import Declared
from kfinfra.config.scope import NameScope
from kfinfra.diag import Diagnostic, DiagnosticError, did_you_mean, error, undecided
from kfinfra.hcl.access import elements, friendly
from kfinfra.hcl.evaluate import Scope, evaluate
from kfinfra.hcl.nodes import Attribute, Block, Expr, Label, Traversal, TupleExpr
from kfinfra.values.data import ObjectValue, Unknown, Value
from kfinfra.values.marks import unmark

_ARGUMENTS = ("for_each", "iterator", "labels")


def expanded(declared: Declared, kinds: Collection[str], scope: Scope) -> Iterator[tuple[Declared, Scope]]:
    """The blocks that a `dynamic` block makes, each with the names that its content sees.

    `kinds` are the blocks that may stand here. Raises DiagnosticError with all that is wrong with the block itself.
    """
    content = _checked(declared, kinds)
    iterator = _iterator(declared)
    for key, value in _elements(declared, scope):
        own = _seeing(scope, iterator, key, value)
        labels = tuple(_labels(declared, own))
        head = declared.block
        block = Block(head.start, head.end, declared.labels()[0], labels, content.body, head.header_end)
        yield declared.inner(block), own


def _checked(declared: Declared, kinds: Collection[str]) -> Block:
    """The `content` block."""
    found: list[Diagnostic] = []
    labels = declared.labels()
    if len(labels) != 1:
        detail = f'A "dynamic" block has one label, the type of the blocks that it makes; this one has {len(labels) or "none"}.'
        raise DiagnosticError(error("Wrong number of labels", detail, declared.span))
    if labels[0] not in kinds:
        detail = f'Blocks of type "{labels[0]}" are not expected here.{did_you_mean(labels[0], kinds)}'
        found.append(error("Unsupported block type", detail, declared.span))
    for written in declared.block.body.attributes:
        if written.name not in _ARGUMENTS:
            detail = f'An argument named "{written.name}" is not expected here.{did_you_mean(written.name, _ARGUMENTS)}'
            hint = "what the blocks hold stands in content { … }"
            found.append(error("Unsupported argument", detail, declared.name_span(written), hint=hint))
    if declared.attribute("for_each") is None:
        found.append(error("Missing required argument", 'The argument "for_each" is required.', declared.span))
    blocks = declared.block.body.blocks
    found += [_unexpected(declared.inner(block)) for block in blocks if block.type != "content"]
    contents = [block for block in blocks if block.type == "content"]
    if len(contents) != 1:
        detail = f'A "dynamic" block has one block "content"; this one has {len(contents)}.'
        found.append(error("Wrong number of content blocks", detail, declared.span, hint="write content { … } in it"))
    if found:
        raise DiagnosticError(found)
    return contents[0]


def _unexpected(block: Declared) -> Diagnostic:
    detail = f'Blocks of type "{block.block.type}" are not expected here: what the blocks hold stands in content {{ … }}.'
    return error("Unsupported block type", detail, block.span)


def _iterator(declared: Declared) -> str:
    """What the element is called in the content: the block's type, where nothing else is written."""
    written = declared.attribute("iterator")
    if written is None:
        return declared.labels()[0]
    if isinstance(written.expr, Traversal) and not written.expr.steps:
        return written.expr.root
    detail = "A single name is wanted, without quotes."
    raise DiagnosticError(error("Invalid iterator name", detail, declared.expr_span(written.expr), hint="iterator = each_one"))


def _elements(declared: Declared, scope: Scope) -> list[tuple[Value, Value]]:
    written = declared.attribute("for_each")
    assert written is not None
    value, _ = unmark(evaluate(written.expr, scope, declared.source))
    if isinstance(value, Unknown):
        detail = "How many blocks there are depends on what is known after apply only, so that no plan could show them."
        hint = "make for_each of what the configuration says, and put what is not known yet into the content"
        raise DiagnosticError(undecided("Invalid dynamic for_each value", detail, declared.expr_span(written.expr), hint=hint))
    found = elements(value)
    if found is None:
        what = "null" if value is None else friendly(value)
        raise DiagnosticError(_wrong(declared, written, f"A list, set, map or object is wanted, not {what}."))
    return found


def _wrong(declared: Declared, written: Attribute, detail: str, hint: str = "") -> Diagnostic:
    return error("Invalid dynamic for_each value", detail, declared.expr_span(written.expr), hint=hint)


def _seeing(scope: Scope, iterator: str, key: Value, value: Value) -> Scope:
    if not isinstance(scope, NameScope):
        raise TypeError(f"a dynamic block needs a scope of a module, not {type(scope).__name__}")
    return replace(scope, extra={**scope.extra, iterator: ObjectValue({"key": key, "value": value})})


def _labels(declared: Declared, scope: Scope) -> Iterator[Label]:
    written = declared.attribute("labels")
    if written is None:
        return
    items: tuple[Expr, ...] = written.expr.items if isinstance(written.expr, TupleExpr) else ()
    if not isinstance(written.expr, TupleExpr):
        detail = "A list of texts in brackets is wanted, one for each label of the block."
        raise DiagnosticError(error("Invalid dynamic labels", detail, declared.expr_span(written.expr)))
    for item in items:
        value, marks = unmark(evaluate(item, scope, declared.source))
        if not isinstance(value, str) or marks:
            why = "sensitive" if marks else "not known yet" if isinstance(value, Unknown) else f"{friendly(value)}"
            detail = f"A label is a text that is known and not sensitive; this one is {why}."
            say = undecided if isinstance(value, Unknown) and not marks else error
            raise DiagnosticError(say("Invalid dynamic labels", detail, declared.expr_span(item)))
        yield Label(item.start, item.end, value)
