"""Importers: an artifact that exists already becomes one of the run, without a pod (v2/component/importer_launcher.go)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from typing import Any

from kfinfra.sandbox.runs.dag import Use
from kfinfra.sandbox.runs.values import Result, Unresolved, as_text

_INPUT = re.compile(r"\{\{\$\.inputs\.parameters\['([^']+)'\]\}\}")


def imported(importer: Mapping[str, Any], use: Use) -> Result:
    """The artifact under the importer's output. Raises Unresolved where its URI is not known."""
    declared = (use.component.get("outputDefinitions") or {}).get("artifacts") or {}
    ((key, about),) = declared.items()
    uri = _uri(importer.get("artifactUri") or {}, use)
    artifact = {
        "name": f"{use.scope.run.id}/{use.path}/{uuid.uuid4()}" if importer.get("reimport") else uri,
        "uri": uri,
        "type": importer.get("typeSchema") or about.get("artifactType") or {},
        "metadata": _filled(importer.get("metadata") or {}, use),
    }
    return Result("SUCCEEDED", "", {}, {key: [artifact]})


def _uri(spec: Mapping[str, Any], use: Use) -> str:
    if "constant" in spec:
        return str(spec["constant"])
    key = str(spec.get("runtimeParameter") or "uri")
    if use.inputs.parameters.get(key) is None:
        raise Unresolved(f"the importer's URI comes from the parameter {key}, which has no value")
    return str(use.inputs.parameters[key])


def _filled(value: Any, use: Use) -> Any:
    """Metadata with the parameters that it names put in."""
    match value:
        case str():
            whole = _INPUT.fullmatch(value)
            if whole:
                return use.inputs.parameters.get(whole[1])
            return _INPUT.sub(lambda found: as_text(use.inputs.parameters.get(found[1])), value)
        case Mapping():
            return {_filled(name, use): _filled(inner, use) for name, inner in value.items()}
        case list():
            return [_filled(inner, use) for inner in value]
        case _:
            return value
