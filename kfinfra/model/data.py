"""Data sources: a resource type seen from outside. What identifies an object is written, all else is read. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace

from kfinfra.model.schema import Attribute, BlockType, ResourceType, Shape

PREFIX = "data."
"""Before a type's name in a table of types: `data.pvc` is the data source, `pvc` the resource."""


def data_type(resource: ResourceType, without: Collection[str] = (), doc: str = "") -> ResourceType:
    """The data source for objects of a resource type. `without` are attributes that only a configuration has."""
    blocks = {name: _of_block(block) for name, block in resource.blocks.items() if name not in without}
    attributes = {
        name: _argument(name, attribute) if name in resource.identity else _read(attribute)
        for name, attribute in {**resource.attributes, **blocks}.items()
        if name not in without and not attribute.write_only
    }
    said = doc or f"Reads: {resource.doc[:1].lower()}{resource.doc[1:]}"
    return ResourceType(resource.name, resource.provider, attributes, resource.identity, version=resource.version, doc=said)


def with_data(resources: Iterable[ResourceType], data: Iterable[ResourceType]) -> Mapping[str, ResourceType]:
    """A table of both, by what stands in a configuration."""
    return {t.name: t for t in resources} | {PREFIX + t.name: t for t in data}


def _of_block(block: BlockType) -> Attribute:
    inside = {**block.attributes, **{name: _of_block(b) for name, b in block.blocks.items()}}
    return Attribute(fields=inside, shape=Shape.MAP if block.labels else Shape.OBJECT, doc=block.doc)


def _argument(name: str, attribute: Attribute) -> Attribute:
    """A namespace may be left to the provider, and a name is the label where it is not written."""
    optional = name == "namespace"
    return replace(attribute, required=attribute.required and not optional, computed=optional, settable=optional, replaces=False)


def _read(attribute: Attribute) -> Attribute:
    return Attribute(
        attribute.type,
        computed=True,
        fields=attribute.fields,
        shape=attribute.shape,
        sensitive=attribute.sensitive,
        doc=attribute.doc,
    )
