"""The neutral pipeline to and from JSON: what state keeps, what the child that compiles it is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any, cast

from kfinfra.model.plain import Plain
from kfinfra.pipelines.dag import model
from kfinfra.pipelines.dag.model import Dag

_CLASSES: Mapping[str, type] = {
    c.__name__: c
    for c in (
        model.Constant, model.Channel, model.Text, model.Items, model.Fields, model.Parameter, model.Component, model.Task,
        model.Importer, model.Loop, model.Comparison, model.Compound, model.Branch, model.Condition, model.ExitHandler,
        model.Dag,
    )
}  # fmt: skip
_RAW = ("value", "default", "options")
"""Fields that are plain already; what looks like one of our objects in them is the user's own."""


def encode(dag: Dag) -> dict[str, Plain]:
    """The pipeline as JSON; what an apply will know stays UNKNOWN."""
    return cast("dict[str, Plain]", _encoded(dag))


def _encoded(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        out: dict[str, object] = {"is": type(value).__name__}
        for each in fields(value):
            found = getattr(value, each.name)
            out[each.name] = found if each.name in _RAW else _encoded(found)
        return out
    if isinstance(value, tuple):
        return [_encoded(item) for item in value]
    if isinstance(value, Mapping):
        return {key: _encoded(item) for key, item in value.items()}
    return value


def decode(data: Mapping[str, Plain]) -> Dag:
    """The pipeline that `encode` made JSON of."""
    return cast(Dag, _decoded(data))


def _decoded(data: object) -> Any:
    match data:
        case {"is": str(name), **rest}:
            return _CLASSES[name](**{str(k): v if k in _RAW else _decoded(v) for k, v in rest.items()})
        case dict():
            return {key: _decoded(item) for key, item in data.items()}
        case list():
            return tuple(map(_decoded, data))
        case _:
            return data
