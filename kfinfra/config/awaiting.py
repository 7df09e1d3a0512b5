"""`depends_on`: what a block waits for without using it, and what is wrong with how that is written."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from kfinfra.config.datablocks import block_key
from kfinfra.config.keys import BlockKey, GraphKey, NodeKey
from kfinfra.config.module import Declared
from kfinfra.config.names import ROOTS, undeclared
from kfinfra.config.tree import Node
from kfinfra.diag import Diagnostic, error
from kfinfra.hcl.nodes import Attr, Quoted, Traversal, TupleExpr


def check_depends_on(declared: Declared, node: Node, types: Collection[str]) -> Iterator[Diagnostic]:
    attribute = declared.attribute("depends_on")
    if attribute is None:
        return
    if not isinstance(attribute.expr, TupleExpr):
        wanted = declared.source.text[attribute.expr.start : attribute.expr.end].strip('"')
        hint = f"write: depends_on = [{wanted}]"
        detail = "A list of references is required."
        yield error("Invalid depends_on argument", detail, declared.expr_span(attribute.expr), hint=hint)
        return
    for item in attribute.expr.items:
        if isinstance(item, Traversal):
            unknown = item.root not in ROOTS and item.root not in types
            if unknown or list(awaited(item, node)) or undeclared(item, declared.source, node, types):
                continue  # what is not declared is told as such
        detail = "A declared resource (TYPE.NAME), data source (data.TYPE.NAME) or module (module.NAME) is required."
        hint = ""
        match item:
            case Quoted(value=text):
                detail, hint = "References are written without quotes.", f"write: {text}"
            case Traversal(root="var" | "local"):
                hint = "what is waited for is an object that takes time to make: a value does not"
        yield error("Invalid depends_on reference", detail, declared.expr_span(item), hint=hint)


def awaited(traversal: Traversal, node: Node) -> Iterator[GraphKey]:
    """What a reference in `depends_on` is about: `module.a` is everything in it, and not only its outputs."""
    step = traversal.steps[0] if traversal.steps else None
    if traversal.root == "module" and isinstance(step, Attr) and step.name in node.module.calls:
        yield NodeKey(node.path, "module", step.name)
        for inner in node.children[step.name].walk() if step.name in node.children else ():
            yield from (BlockKey(inner.path, *block) for block in inner.module.resources)
    elif (block := block_key(traversal)) in node.module.resources:
        yield BlockKey(node.path, *block)


def waits(declared: Declared, node: Node) -> frozenset[BlockKey]:
    """The resource blocks that `depends_on` names, in the block itself and in the calls on the way to it."""
    found: set[BlockKey] = set()
    attribute = declared.attribute("depends_on")
    for traversal in attribute.refers if attribute is not None else ():
        found.update(key for key in awaited(traversal, node) if isinstance(key, BlockKey))
    if node.call is not None and node.parent is not None:
        found |= waits(node.call, node.parent)
    return frozenset(found)
