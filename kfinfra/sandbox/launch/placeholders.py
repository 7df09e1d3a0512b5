"""A container's command and arguments with their placeholders filled in, as KFP's driver and launcher fill them in.

Facts: backend/src/v2/component/launcher_v2.go (getPlaceholders), backend/src/v2/driver/container.go (IfPresent, Concat).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from kfinfra.sandbox.runs.values import as_text


def filled(words: Iterable[str], executor_input: Mapping[str, Any], facts: Mapping[str, str]) -> list[str]:
    """The words. `facts`: what the driver knows of run and task, by placeholder without its braces (`$.pipeline_job_name`).

    A word that is a JSON object of IfPresent or Concat stands for none, one or several words.
    """
    known = {f"{{{{{name}}}}}": value for name, value in facts.items()} | _placeholders(executor_input)
    whole = json.dumps(executor_input, ensure_ascii=False)
    out: list[str] = []
    for word in words:
        out += [_replaced(one, known, whole) for one in _expanded(word, executor_input)]
    return out


def _replaced(word: str, known: Mapping[str, str], whole: str) -> str:
    """What is put in may hold placeholders itself: a parameter's constant text, within the whole input too."""
    for _ in range(3):
        before, word = word, word.replace("{{$}}", whole)
        for name, value in known.items():
            word = word.replace(name, value)
        if word == before:
            break
    return word


def _placeholders(executor_input: Mapping[str, Any]) -> dict[str, str]:
    inputs, outputs = executor_input.get("inputs") or {}, executor_input.get("outputs") or {}
    out: dict[str, str] = {}
    for name, value in (inputs.get("parameterValues") or {}).items():
        out[f"{{{{$.inputs.parameters['{name}']}}}}"] = as_text(value)
    for name, found in (inputs.get("artifacts") or {}).items():
        out |= _artifact("inputs", name, found)
    for name, about in (outputs.get("parameters") or {}).items():
        out[f"{{{{$.outputs.parameters['{name}'].output_file}}}}"] = about["outputFile"]
    for name, found in (outputs.get("artifacts") or {}).items():
        out |= _artifact("outputs", name, found)
    out["{{$.outputs.output_file}}"] = out["{{$.outputs.output_metadata_uri}}"] = outputs.get("outputFile", "")
    return out


LOCAL = {"minio": "/minio", "s3": "/s3", "gs": "/gcs"}
"""Where a pod has artifacts of each scheme (kfp/dsl/types/artifact_types.py)."""


def local_path(uri: str) -> str:
    """The path in the pod of an artifact."""
    scheme, mark, rest = uri.partition("://")
    return f"{LOCAL[scheme]}/{rest}" if mark and scheme in LOCAL else uri


def _artifact(side: str, name: str, found: Mapping[str, Any]) -> dict[str, str]:
    artifacts = found.get("artifacts") or [{}]
    uri = str(artifacts[0].get("uri", ""))
    path = str(artifacts[0].get("customPath") or local_path(uri))
    stem = f"$.{side}.artifacts['{name}']"
    return {
        f"{{{{{stem}}}}}": json.dumps(artifacts, ensure_ascii=False),
        f"{{{{{stem}.uri}}}}": uri,
        f"{{{{{stem}.path}}}}": path,
        f"{{{{{stem}.metadata}}}}": json.dumps(artifacts[0].get("metadata") or {}),
        f"{{{{{stem}.value}}}}": path,
    }


def _expanded(word: str, executor_input: Mapping[str, Any]) -> list[str]:
    """A word, or what a structured placeholder gives."""
    if not word.startswith("{") or word.startswith("{{"):
        return [word]
    try:
        found = json.loads(word)
    except ValueError:
        return [word]
    if not isinstance(found, dict) or not found.keys() & {"IfPresent", "Concat"}:
        return [word]
    return _structured(found, executor_input)


def _structured(found: Any, executor_input: Mapping[str, Any]) -> list[str]:
    match found:
        case str():
            return [found]
        case list():
            return [word for one in found for word in _structured(one, executor_input)]
        case {"Concat": parts}:
            return ["".join(word for part in parts for word in _structured(part, executor_input))]
        case {"IfPresent": about}:
            chosen = about.get("Then") if _present(about["InputName"], executor_input) else about.get("Else")
            return [] if chosen is None else _structured(chosen, executor_input)
        case _:
            return [json.dumps(found)]


def _present(name: str, executor_input: Mapping[str, Any]) -> bool:
    inputs = executor_input.get("inputs") or {}
    return name in (inputs.get("parameterValues") or {}) or name in (inputs.get("artifacts") or {})
