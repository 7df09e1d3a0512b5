"""A body against the types of its kind: what server-side apply cannot type, what a strict server refuses, what a
CustomResourceDefinition's schema validates, prunes and adds as defaults.

kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions; the words are those of
sigs.k8s.io/structured-merge-diff (typed) and k8s.io/kube-openapi (validation).
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

from kfinfra.model.json_types import is_a
from kfinfra.sandbox.kubernetes.types import PREFIX

Schema = Mapping[str, Any]
Cause = tuple[str, str, str]
_OPEN = "x-kubernetes-preserve-unknown-fields"
_GO = {
    "object": "map",
    "array": "list",
    "string": "string",
    "integer": "numeric (int or float)",
    "number": "numeric (int or float)",
}


class Types:
    """The types of one kind; `schemas` are those that references name."""

    def __init__(self, root: Schema, schemas: Mapping[str, Schema] | None = None) -> None:
        self._root, self._schemas = root, schemas or {}

    def untyped(self, body: Any) -> Iterator[str]:
        """What server-side apply cannot make of a body: `.spec.x: field not declared in schema`."""
        for path, value, schema in self._walk(body, self._root, ""):
            if schema is None:
                yield f"{path}: field not declared in schema"
            elif not _fits(value, schema):
                yield f"{path}: expected {_GO.get(schema['type'], schema['type'])}, got {_shown(value)}"

    def unknown(self, body: Any) -> list[str]:
        """The fields that the types do not have."""
        return [path.lstrip(".") for path, _, schema in self._walk(body, self._root, "") if schema is None]

    def wrong(self, body: Any) -> Iterator[Cause]:
        """Values that the schema does not allow."""
        for path, value, schema in self._walk(body, self._root, ""):
            if schema is not None:
                yield from _wrong(path.lstrip("."), value, schema)

    def pruned(self, body: Any) -> Any:
        """The body without unknown fields, with defaults."""
        return self._pruned(body, self._root, top=True)

    def _pruned(self, value: Any, schema: Schema, top: bool = False) -> Any:
        schema = self._followed(schema)
        if isinstance(value, list):
            inside = schema.get("items") or {}
            return [self._pruned(v, inside) for v in value]
        if not isinstance(value, dict):
            return value
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        out = {}
        for name, item in value.items():
            if name in known:
                out[name] = self._pruned(item, known[name])
            elif isinstance(others, dict):
                out[name] = self._pruned(item, others)
            elif others or schema.get(_OPEN) or _own(name, schema, top):
                out[name] = item
        for name, inside in known.items():
            if "default" in inside and out.get(name) is None:
                out[name] = self._pruned(copy.deepcopy(inside["default"]), inside)
        return out

    def _walk(self, value: Any, schema: Schema, path: str, top: bool = True) -> Iterator[tuple[str, Any, Schema | None]]:
        """Every value with its schema, None for a field that there is none for."""
        schema = self._followed(schema)
        yield path, value, schema
        if isinstance(value, list) and isinstance(schema.get("items"), dict):
            for index, item in enumerate(value):
                yield from self._walk(item, schema["items"], f"{path}[{index}]", False)
        if not isinstance(value, dict) or schema.get("type") not in (None, "object"):
            return
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        for name, item in value.items():
            inside = f"{path}.{name}"
            if name in known:
                if not (top and name == "metadata"):
                    yield from self._walk(item, known[name], inside, False)
            elif isinstance(others, dict):
                yield from self._walk(item, others, inside, False)
            elif "type" in schema and not (others or schema.get(_OPEN) or _own(name, schema, top)):
                yield inside, item, None

    def _followed(self, schema: Schema) -> Schema:
        each = schema.get("allOf")
        target = schema.get("$ref") or (each[0].get("$ref") if each and len(each) == 1 else None)
        return self._followed(self._schemas[target.removeprefix(PREFIX)]) if target else schema


def _own(name: str, schema: Schema, top: bool) -> bool:
    """Fields that every object has, whatever its schema says."""
    return name in ("apiVersion", "kind", "metadata") and (top or bool(schema.get("x-kubernetes-embedded-resource")))


def _fits(value: Any, schema: Schema) -> bool:
    if value is None or schema.get("x-kubernetes-int-or-string"):
        return value is None or (isinstance(value, int | str) and not isinstance(value, bool))
    return is_a(value, schema.get("type"))


def _shown(value: Any) -> str:
    return {dict: "map", list: "list", str: "string", bool: "boolean"}.get(type(value), "number")


def _wrong(path: str, value: Any, schema: Schema) -> Iterator[Cause]:
    def cause(words: str, reason: str = "FieldValueInvalid") -> Cause:
        kind = reason.removeprefix("FieldValue")
        given = f'"{value}"' if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
        return reason, f"{kind} value: {given}: {words}", path

    if not _fits(value, schema):
        given = {dict: "object", list: "array", str: "string", bool: "boolean"}.get(type(value), "number")
        yield (
            "FieldValueTypeInvalid",
            f'Invalid value: "{given}": {path} in body must be of type {schema["type"]}: "{given}"',
            path,
        )
        return
    if "enum" in schema and value not in schema["enum"]:
        supported = ", ".join(f'"{e}"' for e in schema["enum"])
        yield "FieldValueNotSupported", f'Unsupported value: "{value}": supported values: {supported}', path
    if isinstance(value, int | float) and not isinstance(value, bool):
        if "minimum" in schema and value < schema["minimum"]:
            yield cause(f"{path} in body should be greater than or equal to {schema['minimum']}")
        if "maximum" in schema and value > schema["maximum"]:
            yield cause(f"{path} in body should be less than or equal to {schema['maximum']}")
    elif isinstance(value, str):
        if len(value) < schema.get("minLength", 0):
            yield cause(f"{path} in body should be at least {schema['minLength']} chars long")
        if "maxLength" in schema and len(value) > schema["maxLength"]:
            yield "FieldValueTooLong", f"Too long: may not be more than {schema['maxLength']} bytes", path
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield cause(f"{path} in body should match '{schema['pattern']}'")
    elif isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            yield cause(f"{path} in body should have at least {schema['minItems']} items")
        if "maxItems" in schema and len(value) > schema["maxItems"]:
            yield "FieldValueTooMany", f"Too many: {len(value)}: must have at most {schema['maxItems']} items", path
    elif isinstance(value, dict):
        for name in schema.get("required") or ():
            if name not in value:
                yield "FieldValueRequired", "Required value", f"{path}.{name}".lstrip(".")
