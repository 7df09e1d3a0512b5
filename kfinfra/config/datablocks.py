"""`data` blocks: which there are, what they may hold besides their arguments, and which resources they wait for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from kfinfra.diag import Diagnostic, did_you_mean, error
from kfinfra.hcl.nodes import Attr, Traversal
from kfinfra.model.data import PREFIX
from kfinfra.model.schema import ResourceType

if TYPE_CHECKING:
    from kfinfra.config.module import Declared


def check_data(declared: Declared, types: Mapping[str, ResourceType]) -> Iterable[Diagnostic]:
    """What is wrong with a data block besides its arguments."""
    kind = declared.labels()[0]
    if PREFIX + kind not in types:
        known = sorted(name.removeprefix(PREFIX) for name in types if name.startswith(PREFIX))
        detail = f'There is no data source "{kind}".{did_you_mean(kind, known)}'
        if kind == "secret":
            detail = "Secrets cannot be read: their values would come into plans and into what refers to them."
        yield error("Unknown data source", detail, declared.span, hint="the data sources are " + ", ".join(known))
    for inner in declared.block.body.blocks:
        block = declared.inner(inner)
        if inner.type == "timeouts":
            yield error("Unsupported block type", "A data block has no timeouts: it is read, and nothing waits.", block.span)
        for attribute in inner.body.attributes if inner.type == "lifecycle" else ():
            detail = f'"{attribute.name}" is for resources: nothing of a data source is made, changed or destroyed.'
            yield error("Invalid data resource lifecycle argument", detail, block.name_span(attribute))


def block_key(traversal: Traversal) -> tuple[str, str] | None:
    """The block that a reference names: (type, name), with `data.` before a data source's type; None for other names."""
    names = [step.name for step in traversal.steps[:2] if isinstance(step, Attr)]
    if traversal.root == "data":
        return (PREFIX + names[0], names[1]) if len(names) == 2 else None
    return (traversal.root, names[0]) if names and isinstance(traversal.steps[0], Attr) else None
