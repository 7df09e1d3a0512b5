"""A manifest against the server's own types (OpenAPI v3): unknown fields, wrong types, missing ones, each at its path. Pure.

What it cannot know (rules in CEL, admission webhooks, immutable fields) the server says when the object is applied.
kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition; extensions `x-kubernetes-…` as in
kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfinfra.diag import did_you_mean
from kfinfra.model.json_types import is_a
from kfinfra.model.plain import UNKNOWN, Path, Plain, path_text
from kfinfra.model.schema import Problem

Schema = Mapping[str, Any]
_BUILT_IN = ("io.k8s.api.", "io.k8s.apiextensions-apiserver.", "io.k8s.kube-aggregator.")
_WORDS = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
}


def problems(document: Mapping[str, Any], api_version: str, kind: str, manifest: Plain) -> Iterator[Problem]:
    """What the types say against `manifest`; nothing where the document does not have the kind."""
    name, schemas = _named(document, api_version, kind), _schemas(document)
    if name is not None:
        yield from _Check(schemas, not name.startswith(_BUILT_IN)).value(manifest, schemas[name], ())


def describes(document: Mapping[str, Any], api_version: str, kind: str) -> bool:
    """Whether the document has the types of a kind."""
    return _named(document, api_version, kind) is not None


def _schemas(document: Mapping[str, Any]) -> Mapping[str, Schema]:
    return (document.get("components") or {}).get("schemas") or {}


def _named(document: Mapping[str, Any], api_version: str, kind: str) -> str | None:
    """The name of a kind's schema."""
    group, _, version = api_version.rpartition("/")
    wanted = {"group": group, "version": version, "kind": kind}
    for name, schema in _schemas(document).items():
        if any({"group": "", **means} == wanted for means in schema.get("x-kubernetes-group-version-kind") or ()):
            return name
    return None


class _Check:
    """The check of one manifest; `schemas` are those that `$ref` names.

    What a built-in type calls required, the server may still have a default for (`roleRef.apiGroup`): that is its to say.
    """

    def __init__(self, schemas: Mapping[str, Schema], complete: bool) -> None:
        self._schemas, self._complete = schemas, complete

    def value(self, value: Plain, schema: Schema, at: Path) -> Iterator[Problem]:
        """The problems of a value and of all inside it."""
        schema = self._followed(schema)
        if value is UNKNOWN or value is None:
            return
        if _either(schema):
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                yield _wrong(at, value, "a text or a number")
            return
        wanted = schema.get("type")
        if wanted in _WORDS and not is_a(value, wanted):
            yield _wrong(at, value, _WORDS[wanted])
        elif "enum" in schema and value not in schema["enum"]:
            detail = f"{path_text(at)} is {value!r}, and must be one of: {', '.join(map(str, schema['enum']))}."
            yield Problem(at, "Invalid value", detail + did_you_mean(str(value), [str(e) for e in schema["enum"]]))
        elif isinstance(value, dict):
            yield from self._fields(value, schema, at)
        elif isinstance(value, list) and isinstance(schema.get("items"), dict):
            for index, item in enumerate(value):
                yield from self.value(item, schema["items"], (*at, index))

    def _fields(self, value: Mapping[str, Plain], schema: Schema, at: Path) -> Iterator[Problem]:
        known, others = schema.get("properties") or {}, schema.get("additionalProperties")
        closed = bool(known) and not others and not schema.get("x-kubernetes-preserve-unknown-fields")
        for name, item in value.items():
            if name in known:
                yield from self.value(item, known[name], (*at, name))
            elif isinstance(others, dict):
                yield from self.value(item, others, (*at, name))
            elif closed and not (schema.get("x-kubernetes-embedded-resource") and name in ("apiVersion", "kind", "metadata")):
                where = path_text(at) or "The object"
                detail = f'{where} has no field "{name}" by the types of the server.{did_you_mean(name, known)}'
                yield Problem((*at, name), "Unsupported field", detail)
        for name in (schema.get("required") or ()) if self._complete else ():
            if value.get(name) is None and "default" not in self._followed(known.get(name) or {}):
                where = path_text(at) or "the object"
                yield Problem(at, "Missing required field", f'"{name}" of {where} is required.')

    def _followed(self, schema: Schema) -> Schema:
        """The schema that a `$ref` names, also where it stands alone in `allOf` (so that a default can stand beside it)."""
        for _ in range(20):
            each = schema.get("allOf")
            target = schema.get("$ref") or (each[0].get("$ref") if each and len(each) == 1 else None)
            if not target:
                return schema
            found = self._schemas.get(target.rpartition("/")[2]) or {}
            schema = {**found, "default": schema["default"]} if "default" in schema else found
        return schema


def _either(schema: Schema) -> bool:
    """Quantities and IntOrString: a text or a number."""
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") in ("int-or-string", "quantity"):
        return True
    kinds = {s.get("type") for s in [*(schema.get("oneOf") or ()), *(schema.get("anyOf") or ())]}
    return "string" in kinds and bool(kinds & {"number", "integer"})


def _wrong(at: Path, value: Plain, wanted: str) -> Problem:
    given = "a list" if isinstance(value, list) else "an object" if isinstance(value, dict) else repr(value)
    hint = ""
    if wanted == "a text" and isinstance(value, bool | int | float):
        hint = f'write "{str(value).lower() if isinstance(value, bool) else value}", or tostring(…)'
    elif isinstance(value, str) and wanted in ("a whole number", "a number"):
        hint = "write it without quotes, or tonumber(…)"
    return Problem(at, "Incorrect field type", f"{path_text(at) or 'The object'} must be {wanted}, not {given}.", hint)
