"""The bodies of requests, read as the API server reads them: JSON by encoding/json, YAML by sigs.k8s.io/yaml on go-yaml."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from kfinfra.sandbox.kubernetes.faults import Fault

_HALF = re.compile(r"(?<!\\)(?:\\\\)*\\u[dD][89a-fA-F]")
"""An escape for half of a surrogate pair: there are no such characters for YAML, and pairs are none of its escapes."""
_CONTROL = re.compile("[^\t\n\r -~\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What may not stand in YAML unescaped."""


def parsed(data: bytes, content: str) -> Any:
    """A body, as its content type says: an apply is YAML, whatever it looks like. Raises Fault."""
    if not data:
        return {}
    try:
        found = _yaml(data.decode()) if content.endswith("yaml") else _whole(_json(data))
    except yaml.YAMLError as problem:
        raise Fault("BadRequest", f"error decoding YAML: error converting YAML to JSON: yaml: {problem}") from problem
    except ValueError as problem:
        raise Fault("BadRequest", f"couldn't get version/kind; json parse error: {problem}") from problem
    if not isinstance(found, dict | list):
        raise Fault("BadRequest", "couldn't get version/kind; json parse error: no object")
    return found


def _yaml(text: str) -> Any:
    """What is JSON besides is read as such: the values are the same, but for characters, and much is saved."""
    if _HALF.search(text):
        raise yaml.YAMLError("found invalid Unicode character escape code")
    if _CONTROL.search(text):
        raise yaml.YAMLError("control characters are not allowed")
    try:
        return _json(text)
    except ValueError:
        return yaml.safe_load(text)


def _json(text: bytes | str) -> Any:
    return json.loads(text, parse_constant=_constant)


def _whole(value: Any) -> Any:
    """The value with U+FFFD for half of a surrogate pair, as Go reads JSON."""
    match value:
        case str():
            return value if value.isascii() else value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {_whole(key): _whole(item) for key, item in value.items()}
        case list():
            return [_whole(item) for item in value]
        case _:
            return value


def _constant(name: str) -> None:
    raise ValueError(f"invalid character '{name[0]}' looking for beginning of value")
