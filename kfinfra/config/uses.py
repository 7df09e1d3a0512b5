"""Which instances a block uses: all of a block that it names, or the one that it chooses by a key.

`disk.d[each.key]` uses one disk and waits for no other, as `module.m["x"].id` uses what lies in one instance of the module.
Terraform lets an instance wait for all; then what state keeps of it grows with the number of instances.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from kfinfra.config.keys import BlockKey, GraphKey
from kfinfra.diag import SourceText
from kfinfra.hcl.nodes import Anon, Expr, For, Index, IndexExpr, Literal, Quoted, Text, Traversal
from kfinfra.hcl.references import children, references
from kfinfra.model.data import PREFIX

Choice = Expr | int | str | None
"""The key of one instance, an expression that gives it, or None for all of them."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A reference of a block to a node of the graph. `call` is the module whose instance is chosen, empty for a resource's."""

    wanted: GraphKey
    choice: Choice
    source: SourceText
    call: str = ""


@dataclass(frozen=True, slots=True)
class Use:
    """A reference and the resource blocks that it leads to, each with the least depth of the modules on the way to it."""

    reference: Reference
    blocks: Mapping[BlockKey, int]


def choices(expr: Expr) -> dict[int, Expr]:
    """The keys in `name[key]`, by where the name begins: of those that stand in no `for`, whose names they could hold."""
    out: dict[int, Expr] = {}
    _walk(expr, out)
    return out


def _walk(expr: Expr, out: dict[int, Expr]) -> None:
    if isinstance(expr, For) and not _KNOWN.isdisjoint((expr.key_var, expr.value_var)):
        return  # a key in it could be made of its own names
    if isinstance(expr, IndexExpr) and isinstance(expr.collection, Traversal):
        out[expr.collection.start] = expr.key
    for child in children(expr):
        if type(child) not in _LEAVES:
            _walk(child, out)


_LEAVES = frozenset((Literal, Text, Quoted, Anon, Traversal))


def choice(traversal: Traversal, keys: Mapping[int, Expr]) -> Choice:
    """What a reference to a resource, a data source or a module chooses."""
    used = 2 if traversal.root == "data" else 1
    if len(traversal.steps) > used:
        step = traversal.steps[used]
        return step.key if isinstance(step, Index) else None
    key = keys.get(traversal.start)
    bound = key is None or any(t.root not in _KNOWN for t in references(key))
    return None if bound else key


_NOWHERE = SourceText("", "")
_KNOWN = frozenset(("each", "count", "var", "local"))
"""What a key may be made of, so that it can be worked out beforehand: a `for` name is not among these."""


def uses(
    references_: Iterable[Reference], others: Iterable[GraphKey], depth: int, reach: Mapping[GraphKey, Mapping[BlockKey, int]]
) -> tuple[Use, ...]:
    """What a block that lies `depth` modules deep uses; `others` are nodes that it depends on as a whole."""
    by_node: dict[GraphKey, list[Reference]] = {}
    for reference in references_:
        by_node.setdefault(reference.wanted, []).append(reference)
    out: list[Use] = []
    for node in others:
        blocks = _blocks(node, depth, reach)
        if not blocks:
            continue
        found = by_node.get(node)
        if not found or any(r.choice is None for r in found):
            found = [Reference(node, None, _NOWHERE)]
        out.extend(Use(reference, blocks) for reference in found)
    return tuple(out)


def _blocks(node: GraphKey, depth: int, reach: Mapping[GraphKey, Mapping[BlockKey, int]]) -> dict[BlockKey, int]:
    """The blocks behind a node, and those behind data sources, which have no place in state."""
    if isinstance(node, BlockKey):
        out = {node: min(depth, len(node.module))}
    elif reach.get(node):
        out = dict(reach[node])
    else:
        return {}
    for data in [b for b in out if b.type.startswith(PREFIX)]:
        for block, common in _behind(data, out[data], reach).items():
            out[block] = min(out.get(block, common), common)
    return out


def _behind(data: BlockKey, depth: int, reach: Mapping[GraphKey, Mapping[BlockKey, int]]) -> dict[BlockKey, int]:
    out: dict[BlockKey, int] = {}
    for block, common in reach.get(data, {}).items():
        out[block] = min(depth, common)
        if block.type.startswith(PREFIX):
            out |= _behind(block, out[block], reach)
    return out
