"""The types of JSON values, by the words that JSON Schema and OpenAPI have for them (json-schema.org, `type`)."""

from __future__ import annotations

from typing import Any


def is_a(value: Any, word: object) -> bool:
    """Whether a value is of the type that `word` names; of one that it does not know every value is."""
    match word:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case _:
            return True
