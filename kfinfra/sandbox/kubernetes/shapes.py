"""What cannot be decoded at all: a list where the kind has a map, a number where it has a string. The server answers 400."""

from __future__ import annotations

from typing import Any

from kfinfra.sandbox.kubernetes.faults import Fault
from kfinfra.sandbox.kubernetes.kinds import Kind

Body = dict[str, Any]
_MAPS = ("metadata", "spec", "status", "involvedObject", "parameters", "source")
_STRING_MAPS = (("data",), ("stringData",), ("binaryData",), ("metadata", "labels"), ("metadata", "annotations"))
_STRINGS = (("metadata", "name"), ("metadata", "generateName"), ("metadata", "namespace"), ("spec", "storageClassName"))
_MAPS_DEEP = (("spec", "resources"), ("spec", "resources", "requests"), ("spec", "resources", "limits"), ("spec", "hard"))
_LISTS = (("metadata", "finalizers"), ("spec", "accessModes"), ("spec", "limits"), ("spec", "volumes"))


def decoded(kind: Kind, body: Any) -> Body:
    """The body without nulls at its top, as Go decodes it. Raises Fault."""
    if not isinstance(body, dict):
        raise _wrong(kind, "", body, kind.kind)
    out: Body = {name: value for name, value in body.items() if value is not None}
    for paths, wanted, words in (
        (tuple((m,) for m in _MAPS), dict, "map"),
        (_MAPS_DEEP, dict, "map"),
        (_STRING_MAPS, dict, "map[string]string"),
        (_STRINGS, str, "string"),
        (_LISTS, list, "slice"),
    ):
        for path in paths:
            found = _at(out, path)
            if found is not None and not isinstance(found, wanted):
                raise _wrong(kind, ".".join(path), found, words)
    for path in _STRING_MAPS:
        for value in (_at(out, path) or {}).values():
            if value is not None and not isinstance(value, str):
                raise _wrong(kind, ".".join(path), value, "string")
    return out


def _at(body: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        body = body.get(step) if isinstance(body, dict) else None
    return body


def _wrong(kind: Kind, field: str, value: Any, wanted: str) -> Fault:
    names = {dict: "object", list: "array", str: "string", bool: "bool"}
    said = f"json: cannot unmarshal {names.get(type(value), 'number')} into Go struct field {kind.kind}.{field} of type {wanted}"
    version = kind.api.rpartition("/")[2]
    return Fault("BadRequest", f'{kind.kind} in version "{version}" cannot be handled as a {kind.kind}: {said}')
