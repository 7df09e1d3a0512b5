"""Which names are blocks, for JSON syntax, where nothing else tells them from arguments: taken from the schemas.

Also which strings are expressions (what something depends on, a type), and which are no templates (a variable's default).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from kfinfra.config.dag.shapes import DAG_SHAPES
from kfinfra.hcl.shape import Shape
from kfinfra.model.schema import BlockType, ProviderType, ResourceType

VALUES = Shape(only_literals=True)
"""A file of variables' values: `kfinfra.kfvars.json`."""

_NAMES = frozenset
_CHECKED = {"precondition": Shape(), "postcondition": Shape()}
_LIFECYCLE = Shape(blocks=_CHECKED, expressions=_NAMES(("ignore_changes", "replace_triggered_by")))
_META = _NAMES(("depends_on", "provider"))
_METHOD = _NAMES(("method",))
_TARGET = Shape(0, {"fallback": Shape(0, {}, _METHOD)}, _METHOD)
_ENCRYPTION = {"key_provider": Shape(2), "method": Shape(2, {}, _NAMES(("keys",))), "state": _TARGET, "plan": _TARGET}
_SETTINGS = Shape(
    blocks={"backend": Shape(labels=1), "encryption": Shape(blocks=_ENCRYPTION)},
    literals=_NAMES(("required_version",)),
)
_DATA = Shape(labels=2, blocks={"lifecycle": _LIFECYCLE, "timeouts": Shape()}, expressions=_META)


def module_shape(types: Mapping[str, ResourceType], providers: Mapping[str, ProviderType]) -> Shape:
    """The shape of a module's files."""
    return Shape(
        blocks={
            "kfinfra": _SETTINGS,
            "locals": Shape(),
            "variable": Shape(1, {"validation": Shape()}, _NAMES(("type",)), _NAMES(("default", "description"))),
            "output": Shape(1, {"precondition": Shape()}, _NAMES(("depends_on",)), _NAMES(("description",))),
            "provider": Shape(1, literals=_NAMES(("alias",))),
            "module": Shape(1, {}, _NAMES(("providers", "depends_on")), _NAMES(("source", "version"))),
            "data": _DATA,
            "moved": Shape(expressions=_NAMES(("from", "to"))),
            "removed": Shape(0, {"lifecycle": Shape()}, _NAMES(("from",))),
            "import": Shape(expressions=_NAMES(("to", "provider"))),
            "check": Shape(1, {"data": _DATA, "assert": Shape()}),
            "resource": Shape(labels=2),
            **{name: _resource(kind) for name, kind in types.items()},
        },
        only_blocks=True,
    )


def _resource(kind: ResourceType) -> Shape:
    inner = {name: _block(block) for name, block in kind.blocks.items()}
    steps = DAG_SHAPES if kind.dag else {}
    return Shape(1, {"lifecycle": _LIFECYCLE, "timeouts": Shape(), **_dynamic(inner), **steps}, _META)


def _block(block: BlockType) -> Shape:
    inner = {name: _block(each) for name, each in block.blocks.items()}
    return Shape(len(block.labels), _dynamic(inner))


def _dynamic(blocks: Mapping[str, Shape]) -> dict[str, Shape]:
    """The blocks, and `dynamic`, whose `content` holds what any of them does: its label is not known to a shape."""
    content = reduce(lambda one, other: one | dict(other.blocks), blocks.values(), dict[str, Shape]())
    dynamic = Shape(1, {"content": Shape(blocks=content)}, _NAMES(("iterator",)))
    return {**blocks, "dynamic": dynamic} if blocks else {}
