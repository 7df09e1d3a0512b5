"""What is refused of a secret because of its type (pkg/apis/core/validation/validation.go, ValidateSecret)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from typing import Any

Cause = tuple[str, str, str]
_NAME = "kubernetes.io/service-account.name"


def causes(body: dict[str, Any]) -> Iterable[Cause]:
    """The causes, in the server's order."""
    data = body.get("data") or {}
    match body.get("type"):
        case "kubernetes.io/service-account-token":
            if not (body["metadata"].get("annotations") or {}).get(_NAME):
                yield _required(f"metadata.annotations[{_NAME}]")
        case "kubernetes.io/dockercfg":
            yield from _document(data, ".dockercfg")
        case "kubernetes.io/dockerconfigjson":
            yield from _document(data, ".dockerconfigjson")
        case "kubernetes.io/basic-auth":
            if "username" not in data and "password" not in data:
                yield _required("data[%s][username]")
                yield _required("data[%s][password]")
        case "kubernetes.io/ssh-auth":
            if not data.get("ssh-privatekey"):
                yield _required("data[%s][ssh-privatekey]")
        case "kubernetes.io/tls":
            yield from (_required(f"data[{key}]") for key in ("tls.crt", "tls.key") if key not in data)


def _required(field: str) -> Cause:
    return "FieldValueRequired", "Required value", field


def _document(data: dict[str, Any], key: str) -> Iterable[Cause]:
    if key not in data:
        yield _required(f"data[{key}]")
        return
    try:
        found = json.loads(base64.b64decode(str(data[key])))
    except ValueError as problem:
        yield "FieldValueInvalid", f'Invalid value: "<secret contents redacted>": {problem}', f"data[{key}]"
        return
    if found is not None and not isinstance(found, dict):
        words = f"json: cannot unmarshal {type(found).__name__} into Go value of type map[string]interface {{}}"
        yield "FieldValueInvalid", f'Invalid value: "<secret contents redacted>": {words}', f"data[{key}]"
