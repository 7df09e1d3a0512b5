"""A recurring run's parameters: JSON that KFP can hold, of the names and types that the pipeline has. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from kfinfra.diag import did_you_mean
from kfinfra.model.plain import UNKNOWN, Attributes, Path, Plain
from kfinfra.model.schema import Problem

_EXACT = 2**53
_KINDS: Mapping[str, tuple[tuple[type, ...], str]] = {
    "NUMBER_INTEGER": ((int, float), "number"),
    "NUMBER_DOUBLE": ((int, float), "number"),
    "STRING": ((str,), "string"),
    "BOOLEAN": ((bool,), "bool"),
    "LIST": ((list,), "list"),
    "STRUCT": ((dict,), "map"),
}


def check_parameters(value: Plain) -> Iterable[Problem]:
    """An object of JSON values; KFP holds numbers as doubles, which have 53 bits."""
    if not isinstance(value, dict):
        yield Problem((), "Invalid parameters", "An object is required: parameter names with their values.")
        return
    for path, number in _numbers(value, ()):
        if abs(number) > _EXACT:
            detail = f"{number} is too large: KFP holds numbers as doubles, and would run with another one."
            yield Problem(path, "Number loses precision", detail, "pass it as a string")


def _numbers(value: Plain, path: Path) -> Iterator[tuple[Path, int]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _numbers(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _numbers(item, (*path, index))
    elif isinstance(value, int) and not isinstance(value, bool):
        yield path, value


def same_json(old: Plain, new: Plain) -> bool:
    """Equality of JSON values, in which 1 and 1.0 are one number and true is none."""
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same_json(old[k], new[k]) for k in old)
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same_json, old, new))
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def against_pipeline(attributes: Attributes) -> Iterator[Problem]:
    """The parameters against those of the pipeline, where these are known and the run does not pin another version."""
    pipeline, given = attributes.get("pipeline"), attributes.get("parameters")
    known = pipeline.get("parameters") if isinstance(pipeline, dict) else None
    if not isinstance(pipeline, dict) or not isinstance(known, dict) or given is UNKNOWN:
        return
    if attributes.get("version") not in (None, pipeline.get("version")):
        return
    values = given if isinstance(given, dict) else {}
    name = pipeline.get("name")
    for parameter in sorted(values.keys() - known.keys()):
        detail = f'The pipeline "{name}" has no parameter "{parameter}".{did_you_mean(parameter, known)}'
        yield Problem(("parameters", parameter), "Unknown parameter", detail)
    for parameter, about in known.items():
        if parameter in values:
            yield from _of_type(parameter, values[parameter], str(about).removesuffix("?"))
        elif not str(about).endswith("?"):
            detail = f'The pipeline "{name}" needs a value for its parameter "{parameter}": it has no default.'
            yield Problem(("parameters",), "Missing parameter", detail, f"add it: parameters = {{ {parameter} = … }}")


def _of_type(parameter: str, value: Plain, wanted: str) -> Iterator[Problem]:
    """What the server asks of a value (V2Spec.validatePipelineJobInputs); a number is one to it, whole or not."""
    if value is UNKNOWN or wanted not in _KINDS:
        return
    kinds, word = _KINDS[wanted]
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        detail = f'"{parameter}" is {json.dumps(value, default=str)}; the pipeline takes a {word} ({wanted}).'
        yield Problem(("parameters", parameter), "Wrong type of parameter", detail)
