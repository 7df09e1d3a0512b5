"""An object that exists as the block that would declare it: what a user writes, and nothing that a server decides. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kfinfra.model.plain import Attributes, Plain, path_text
from kfinfra.model.schema import Attribute, ResourceType, Shape
from kfinfra.plan.merge import same


def written(schema: ResourceType, found: Attributes) -> dict[str, Plain]:
    """The arguments of a block for `found`. What equals its default is left out, names apart."""
    out: dict[str, Plain] = {}
    for name, attribute in schema.attributes.items():
        value = _argument(attribute, found.get(name))
        if value is not None and (name in schema.identity or not same(attribute, attribute.default, value)):
            out[name] = value
    return out


def obstacles(schema: ResourceType, arguments: Attributes) -> Iterable[str]:
    """Why these arguments would not make a valid block: sentences, none where they would."""
    for name, attribute in schema.attributes.items():
        if attribute.required and attribute.write_only:
            yield f'"{name}" is never read from a server, and so cannot be written into a file'
        elif attribute.required and arguments.get(name) is None:
            yield f'"{name}" is required, and no server knows it'
        elif attribute.ref is not None and not attribute.ref.text and arguments.get(name) is not None:
            yield f'"{name}" is a reference to a {" or ".join(attribute.ref.types)} of the configuration'
        elif attribute.check is not None and arguments.get(name) is not None:
            for problem in attribute.check(arguments[name]):
                yield f"{path_text((name, *problem.path))}: {problem.detail.rstrip('.')}"
    if schema.check is not None:
        every = {**dict.fromkeys(schema.attributes), **{n: a.default for n, a in schema.attributes.items()}, **arguments}
        blocks: dict[str, Plain] = {name: {} if block.labels else None for name, block in schema.blocks.items()}
        for problem in schema.check({**every, **blocks}):
            if not problem.warning:
                yield problem.detail.rstrip(".")


def _argument(attribute: Attribute, value: Plain) -> Plain:
    """What is to be written of a value: None where nothing is.

    Of what a server chooses where nothing is written, only that is kept which could never be changed in place.
    """
    chosen = attribute.computed and not (attribute.settable and (attribute.replaces is True or attribute.fields is not None))
    if chosen or attribute.write_only or attribute.initial_only or value in (None, [], {}):
        return None
    return value if attribute.fields is None else _nested(attribute, attribute.fields, value)


def _nested(attribute: Attribute, fields: Mapping[str, Attribute], value: Plain) -> Plain:
    match attribute.shape, value:
        case Shape.OBJECT, dict():
            return _object(fields, value) or None
        case Shape.MAP, dict():
            return {key: _object(fields, item) for key, item in value.items() if isinstance(item, dict)}
        case _, list():
            return [_object(fields, item) for item in value if isinstance(item, dict)]
        case _:
            return value


def _object(fields: Mapping[str, Attribute], value: Mapping[str, Plain]) -> dict[str, Plain]:
    out = {name: _argument(attribute, value.get(name)) for name, attribute in fields.items()}
    return {n: v for n, v in out.items() if v is not None and (fields[n].required or not same(fields[n], fields[n].default, v))}
