"""A run's parameters against what its pipeline declares: missing, extra and wrongly typed ones are refused.

Facts: apiserver/template/v2_template.go validatePipelineJobInputs of kubeflow/pipelines 2.17.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfinfra.sandbox.kfp.faults import invalid

_TYPES: dict[str, tuple[tuple[type, ...], str]] = {
    "STRING": ((str,), "string"),
    "BOOLEAN": ((bool,), "bool"),
    "NUMBER_DOUBLE": ((int, float), "double or integer"),
    "NUMBER_INTEGER": ((int, float), "double or integer"),
    "LIST": ((list,), "list"),
    "STRUCT": ((dict,), "struct"),
}


def check_parameters(pipeline: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Raises Fault. `pipeline` is a PipelineSpec as it is stored. Whole numbers are not told from others, as on the server."""
    wanted = pipeline.get("root", {}).get("inputDefinitions", {}).get("parameters", {})
    for name, definition in wanted.items():
        if name in given:
            _check_type(name, definition, given[name])
        elif "defaultValue" not in definition and not definition.get("isOptional"):
            raise invalid(f"parameter {name} is not optional, yet has neither default value nor user provided value")
    extra = [name for name in given if name not in wanted]
    if extra:
        raise invalid(f"parameter(s) provided are not required by pipeline: {', '.join(extra)}")


def _check_type(name: str, definition: Mapping[str, Any], value: Any) -> None:
    kind = definition.get("parameterType", "unspecified")
    if kind not in _TYPES:
        raise invalid(f"input parameter {name} requires type {kind}, which is invalid for root component")
    classes, words = _TYPES[kind]
    if not isinstance(value, classes) or isinstance(value, bool) != (kind == "BOOLEAN"):
        raise invalid(f"input parameter {name} requires type {words}, but the parameter value is not of {words} value type")
    literals = definition.get("literals", [])
    if literals and value not in literals:
        raise invalid(f"input parameter {name} has value {value!r}, which is not one of {literals}")
