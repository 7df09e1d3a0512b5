"""Conditions of tasks and selectors of loop items: CEL, as KFP's driver has it (backend/src/v2/expression/expression.go)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any


def holds(condition: str, parameters: Mapping[str, Any]) -> bool:
    """Whether a task's condition is true for its inputs. Raises ValueError where it cannot be told."""
    found = evaluate(condition, {"inputs": {"parameter_values": {n: _wire(v) for n, v in parameters.items()}}})
    if not isinstance(found, bool):
        raise ValueError(f"condition {condition} gives {found!r}, not a bool")
    return found


def evaluate(expression: str, names: Mapping[str, Any]) -> Any:
    """The value of an expression. Raises ValueError with CEL's words."""
    import cel

    try:
        context = cel.Context(dict(names), functions={"parseJson": json.loads})
        return _program(expression).execute(context)
    except (ValueError, KeyError, TypeError, RuntimeError) as problem:
        raise ValueError(f"CEL: {type(problem).__name__}: {problem} in {expression}") from problem


@cache
def _program(expression: str) -> Any:
    import cel

    return cel.compile(expression)


def _wire(value: Any) -> Any:
    """Numbers are doubles in protobuf's Value, and so to CEL."""
    match value:
        case bool():
            return value
        case int():
            return float(value)
        case list():
            return [_wire(v) for v in value]
        case dict():
            return {n: _wire(v) for n, v in value.items()}
        case _:
            return value
