"""The types of built-in kinds as OpenAPI schemas, made from the models of kubernetes.client (which are made from the server's).

These models do not tell quantities and int-or-string from other texts and values: such a field takes anything here.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

Schema = dict[str, Any]
_PLAIN = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "float": {"type": "number"},
    "bool": {"type": "boolean"},
    "datetime": {"type": "string", "format": "date-time"},
}
_REQUIRED = re.compile(r"Invalid value for `(\w+)`, must not be `None`")
PREFIX = "#/components/schemas/"
MODEL = "io.k8s.api."
"""Before a model's name in the names of schemas."""


@cache
def schemas_of(model: str) -> Mapping[str, Schema]:
    """The schemas of a model and of all that it is made of, by name; the model's own is the first."""
    found: dict[str, Schema] = {}
    todo = [MODEL + model]
    while todo:
        name = todo.pop(0)
        if name not in found:
            found[name] = _schema(name)
            todo += _named(found[name])
    return found


def _schema(name: str) -> Schema:
    from kubernetes.client import models

    kind = getattr(models, name.removeprefix(MODEL))
    properties = {wire: _of(kind.openapi_types[own]) for own, wire in kind.attribute_map.items()}
    required = [kind.attribute_map[own] for own in dict.fromkeys(_REQUIRED.findall(inspect.getsource(kind)))]
    return {"type": "object", "properties": properties, **({"required": required} if required else {})}


def _of(written: str) -> Schema:
    if written in _PLAIN:
        return dict(_PLAIN[written])
    if inside := re.fullmatch(r"list\[(.+)\]", written):
        return {"type": "array", "items": _of(inside[1])}
    if inside := re.fullmatch(r"dict\(str, (.+)\)", written):
        return {"type": "object", "additionalProperties": _of(inside[1])}
    return {} if written == "object" else {"allOf": [{"$ref": PREFIX + MODEL + written}]}


def _named(schema: Any) -> list[str]:
    if isinstance(schema, list):
        return [name for inside in schema for name in _named(inside)]
    if not isinstance(schema, dict):
        return []
    own = [schema["$ref"].removeprefix(PREFIX)] if isinstance(schema.get("$ref"), str) else []
    return own + [name for inside in schema.values() for name in _named(inside)]
