"""What is refused of quotas, limit ranges and storage classes, in the API server's words.

pkg/apis/core/validation/validation.go: ValidateResourceQuotaSpec, ValidateLimitRange; pkg/apis/storage/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from kfinfra.facts import resource_names as names
from kfinfra.model.quantity import parse

Body = dict[str, Any]
Cause = tuple[str, str, str]
_QUALIFIED = "name part must consist of alphanumeric characters, '-', '_' or '.'"
_ABOVE = (
    ("min", "max", "min value {} is greater than max value {}"),
    ("min", "defaultRequest", "min value {} is greater than default request value {}"),
    ("defaultRequest", "max", "default request value {} is greater than max value {}"),
    ("defaultRequest", "default", "default request value {} is greater than default limit value {}"),
    ("min", "default", "min value {} is greater than default value {}"),
    ("default", "max", "default value {} is greater than max value {}"),
)
_FIELDS = ("max", "min", "default", "defaultRequest", "maxLimitRequestRatio")


def quota(spec: Body) -> Iterable[Cause]:
    """A ResourceQuota."""
    for name, amount in (spec.get("hard") or {}).items():
        where = f"spec.hard[{name}]"
        yield from _name(where, name, names.is_of_quota, "must be a standard resource for quota")
        if names.is_whole(name) and parse(str(amount)) % 1:
            yield "FieldValueInvalid", f'Invalid value: "{amount}": must be an integer', where


def limit_range(spec: Body) -> Iterable[Cause]:
    """A LimitRange."""
    seen: set[str] = set()
    for index, limit in enumerate(spec.get("limits") or []):
        kind, where = limit.get("type", ""), f"spec.limits[{index}]"
        if kind in seen:
            yield "FieldValueDuplicate", f'Duplicate value: "{kind}"', f"{where}.type"
        seen.add(kind)
        yield from _limit(kind, limit, where)


def _limit(kind: str, limit: Body, where: str) -> Iterable[Cause]:
    known = names.is_of_container if kind in ("Pod", "Container") else names.is_resource
    for field in _FIELDS:
        if kind == "Pod" and field.startswith("default"):
            if limit.get(field):
                yield "FieldValueForbidden", "Forbidden: may not be specified when `type` is 'Pod'", f"{where}.{field}"
            continue
        for name in limit.get(field) or {}:
            yield from _name(f"{where}.{field}[{name}]", name, known, "must be a standard resource for containers")
    if kind == "PersistentVolumeClaim" and not any("storage" in (limit.get(f) or {}) for f in ("max", "min")):
        said = "Required value: either minimum or maximum storage value is required, but neither was provided"
        yield "FieldValueRequired", said, f"{where}.limits"
    for low, high, words in _ABOVE:
        above = limit.get(high) or {}
        for name, amount in (limit.get(low) or {}).items():
            if name in above and parse(str(amount)) > parse(str(above[name])):
                said = f'Invalid value: "{amount}": {words.format(amount, above[name])}'
                yield "FieldValueInvalid", said, f"{where}.{low}[{name}]"
    yield from _together(limit, where)


def _together(limit: Body, where: str) -> Iterable[Cause]:
    """How far a limit may be from its request."""
    most, least = limit.get("max") or {}, limit.get("min") or {}
    for name, ratio in (limit.get("maxLimitRequestRatio") or {}).items():
        at, above = f"{where}.maxLimitRequestRatio[{name}]", parse(str(ratio))
        if above < 1:
            yield "FieldValueInvalid", f'Invalid value: "{ratio}": ratio {ratio} is less than 1', at
        if name in most and name in least and above * parse(str(least[name])) > parse(str(most[name])):
            yield "FieldValueInvalid", f'Invalid value: "{ratio}": ratio {ratio} is greater than max/min', at
    requests = limit.get("defaultRequest") or {}
    for name, amount in (limit.get("default") or {}).items():
        if not names.is_shared(name) and name in requests and parse(str(amount)) != parse(str(requests[name])):
            said = f"default value {amount} must equal to defaultRequest value {requests[name]} in {name}"
            yield "FieldValueInvalid", f'Invalid value: "{requests[name]}": {said}', f"{where}.defaultRequest[{name}]"


def _name(where: str, name: str, known: Callable[[str], bool], otherwise: str) -> Iterable[Cause]:
    if not names.is_qualified(name):
        yield "FieldValueInvalid", f'Invalid value: "{name}": {_QUALIFIED}', where
    elif not known(name):
        said = otherwise if names.is_resource(name) else "must be a standard resource type or fully qualified"
        yield "FieldValueInvalid", f'Invalid value: "{name}": {said}', where


def storage_class(body: Body) -> Iterable[Cause]:
    """A StorageClass."""
    provisioner, parameters = str(body.get("provisioner") or ""), body.get("parameters") or {}
    if not provisioner:
        yield "FieldValueRequired", "Required value", "provisioner"
    elif not names.is_qualified(provisioner.lower()):
        yield "FieldValueInvalid", f'Invalid value: "{provisioner}": {_QUALIFIED}', "provisioner"
    if "" in parameters:
        yield "FieldValueInvalid", 'Invalid value: "": field can not be empty.', "parameters"
    if len(parameters) > 512 or sum(len(k.encode()) + len(str(v).encode()) for k, v in parameters.items()) > 256 << 10:
        yield "FieldValueTooLong", "Too long: may not be longer than 262144", "parameters"
    if body.get("volumeBindingMode") not in ("Immediate", "WaitForFirstConsumer"):
        yield "FieldValueNotSupported", f'Unsupported value: "{body.get("volumeBindingMode")}"', "volumeBindingMode"
    if body.get("reclaimPolicy") not in ("Delete", "Retain", ""):
        yield "FieldValueNotSupported", f'Unsupported value: "{body.get("reclaimPolicy")}"', "reclaimPolicy"
