"""What a task has made, read back: the file that KFP's executor writes, and a file for each parameter of other containers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfinfra.sandbox.runs.task import Task

_KINDS: Mapping[str, tuple[type, ...]] = {
    "NUMBER_INTEGER": (int,),
    "NUMBER_DOUBLE": (int, float),
    "BOOLEAN": (bool,),
    "LIST": (list,),
    "STRUCT": (dict,),
}


class Unreadable(Exception):
    """An output is missing or of another type; the message says which."""


def collected(task: Task, given: Mapping[str, Any], folder: Path) -> tuple[dict[str, Any], dict[str, list[dict[str, Any]]]]:
    """Output parameters, typed as the component declares them, and artifacts. Raises Unreadable."""
    told = _told(folder / "output_metadata.json")
    parameters: dict[str, Any] = {}
    for name, about in (task.outputs.get("parameters") or {}).items():
        if name in told.get("parameterValues", {}):
            parameters[name] = told["parameterValues"][name]
            continue
        path = folder / "parameters" / name
        if path.exists():
            parameters[name] = _typed(name, path.read_text(), str(about.get("parameterType")))
        elif not about.get("isOptional") and not told:
            raise Unreadable(f'failed to read output parameter "{name}": the task has not written it')
    artifacts: dict[str, list[dict[str, Any]]] = {}
    for name, planned in given["outputs"]["artifacts"].items():
        found = (told.get("artifacts") or {}).get(name, {}).get("artifacts")
        base = planned["artifacts"][0]
        artifacts[name] = [{**base, **one} for one in found] if found else [dict(base)]
    return parameters, artifacts


def _told(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text())
    except ValueError as problem:
        raise Unreadable(f"the executor's output is no JSON: {problem}") from problem
    return found if isinstance(found, dict) else {}


def _typed(name: str, text: str, kind: str) -> Any:
    """A file's text as a value of that type (textToPbValue in metadata/converter.go)."""
    if kind == "STRING":
        return text
    try:
        value = json.loads(text.strip().lower() if kind == "BOOLEAN" else text)
    except ValueError as problem:
        raise Unreadable(f'output parameter "{name}": "{text.strip()[:80]}" is no {kind}') from problem
    wanted = _KINDS.get(kind)
    if wanted is not None and (not isinstance(value, wanted) or (isinstance(value, bool) and kind != "BOOLEAN")):
        raise Unreadable(f'output parameter "{name}": "{text.strip()[:80]}" is no {kind}')
    return value
