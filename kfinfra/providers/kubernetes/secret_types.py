"""What each type of secret must hold (kubernetes/pkg/apis/core/validation/validation.go, ValidateSecret). No value is told."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping

from kfinfra.model.plain import Attributes, Plain
from kfinfra.model.schema import Problem

_KEYS = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
}
_JSON = (".dockerconfigjson", ".dockercfg")
_EITHER = {"kubernetes.io/basic-auth": ("username", "password")}
_ACCOUNT = "kubernetes.io/service-account.name"


def typed(attributes: Attributes) -> Iterable[Problem]:
    """What a secret of its type lacks."""
    kind, data = attributes.get("type"), attributes.get("data")
    if not isinstance(kind, str):
        return
    if isinstance(data, Mapping):
        yield from _content(kind, data)
    marks = attributes.get("annotations")
    if (
        kind == "kubernetes.io/service-account-token"
        and (marks is None or isinstance(marks, dict))
        and _ACCOUNT not in (marks or {})
    ):
        detail = f"A secret of the type {kind} names its service account in an annotation."
        yield Problem(("type",), "Missing annotation", detail, f'annotations = {{ "{_ACCOUNT}" = "…" }}')


def _content(kind: str, data: Mapping[str, Plain]) -> Iterator[Problem]:
    for key in _KEYS.get(kind, ()):
        if key not in data or (key == "ssh-privatekey" and data[key] == ""):
            detail = f'A secret of the type {kind} holds "{key}".'
            yield Problem(("data",), "Missing key", detail, f'data = {{ "{key}" = … }}, or another type')
        elif key in _JSON and isinstance(value := data[key], str) and not _is_object(value):
            yield Problem(
                ("data", key), "Invalid value", f'"{key}" must be a JSON object, and is none.', "use jsonencode({ auths = … })"
            )
    either = _EITHER.get(kind, ())
    if either and not any(key in data for key in either):
        detail = f"A secret of the type {kind} holds {' or '.join(either)}."
        yield Problem(("data",), "Missing key", detail, f"data = {{ {either[0]} = … }}, or another type")


def _is_object(text: str) -> bool:
    try:
        found = json.loads(text)
    except ValueError:
        return False
    return found is None or isinstance(found, dict)
