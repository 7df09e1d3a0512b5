"""Conditions of several comparisons: a package holds a CEL expression, of which kfp.dsl can say one comparison a group.

KFP's driver evaluates whatever CEL stands there (backend/src/v2/expression/expression.go), and kfp's compiler itself writes
`&&` and `!(…)` for an `Elif`. Runs in the child process only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass
class Operation:
    """Stands where kfp has a ConditionOperation; `Elif` and `Else` copy it and set `negate`."""

    operator: str
    of: list[Any]
    negate: bool = False


def escaped(text: str) -> str:
    """A text as it stands between single quotes in CEL."""
    return text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")


def taught() -> None:
    """Has kfp's compiler write such conditions, and hand what they compare into their groups. May be called again.

    Raises NotImplementedError for a kfp whose compiler is another.
    """
    from kfp.compiler import compiler_utils, pipeline_spec_builder

    single = getattr(pipeline_spec_builder, "_single_binary_operation_to_cel_condition", None)
    channels = getattr(compiler_utils, "get_channels_from_condition", None)
    if single is None or channels is None:
        raise NotImplementedError("this version of kfp compiles conditions in another way: nest conditions instead of && and ||")
    if getattr(single, "compound", False):
        return

    def to_cel(operation: Any) -> str:
        if not isinstance(operation, Operation):
            return str(single(operation=operation))
        joined = f" {operation.operator} ".join(map(to_cel, operation.of))
        return f"!({joined})" if operation.negate else f"({joined})"

    def collect(operations: Iterable[Any], collected_channels: list[Any]) -> None:
        for operation in operations:
            if isinstance(operation, Operation):
                collect(operation.of, collected_channels)
            else:
                channels([operation], collected_channels)

    to_cel.compound = True  # type: ignore[attr-defined]
    pipeline_spec_builder._single_binary_operation_to_cel_condition = to_cel
    compiler_utils.get_channels_from_condition = collect
