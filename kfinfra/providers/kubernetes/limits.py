"""What the API server would refuse of quotas, limit ranges and storage classes, said before it is asked. Pure.

The rules are those of kubernetes/pkg/apis/core/validation/validation.go (ValidateLimitRange, ValidateResourceQuotaSpec) and
pkg/apis/storage/validation/validation.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from kfinfra.diag import did_you_mean
from kfinfra.facts import resource_names as names
from kfinfra.model import quantity
from kfinfra.model.plain import Attributes, Path, Plain
from kfinfra.model.schema import Problem
from kfinfra.providers.kubernetes.checks import amounts

_FIELDS = ("max", "min", "default", "default_request", "max_limit_request_ratio")
_ABOVE = (
    ("max", "min"),
    ("default_request", "min"),
    ("max", "default_request"),
    ("default", "default_request"),
    ("default", "min"),
    ("max", "default"),
)
"""Which is not below which."""
_CLAIM = "PersistentVolumeClaim"


def quotas(value: Plain) -> Iterable[Problem]:
    """What a quota may count, and how much of it."""
    yield from amounts(value)
    for name, amount in value.items() if isinstance(value, dict) else ():
        if not names.is_of_quota(name):
            hint = "devices are counted as requests.nvidia.com/gpu, objects of any kind as count/jobs.batch"
            yield _no_resource((name,), name, "a quota", names.QUOTA, hint)
        elif names.is_whole(name) and _amount(amount) % 1:
            yield Problem((name,), "Invalid quantity", f'"{name}" is counted in whole numbers; "{amount}" is none.')


def limits(value: Plain) -> Iterable[Problem]:
    """The limits of a namespace: each kind once, resources that the kind has, and amounts that go together."""
    seen: set[Plain] = set()
    for index, limit in enumerate(value if isinstance(value, list) else ()):
        if not isinstance(limit, dict):
            continue
        kind = limit.get("type")
        if kind in seen:
            yield Problem((index, "type"), "Kind limited twice", f"A {kind} was limited already: write both limits as one.")
        seen.add(kind)
        for problem in (*_of_kind(str(kind), limit), *_order(_filled(limit))):
            yield Problem((index, *problem.path), problem.summary, problem.detail, problem.hint)


def _of_kind(kind: str, limit: Attributes) -> Iterator[Problem]:
    """What a pod's limits, a container's and a claim's may say."""
    known = names.is_resource if kind == _CLAIM else names.is_of_container
    meant = ("storage",) if kind == _CLAIM else names.COMPUTE
    for field in _FIELDS:
        for name in _amounts(limit, field):
            if not known(name):
                yield _no_resource((field, name), name, f"a {kind}", meant)
    for field in ("default", "default_request"):
        if kind == "Pod" and _amounts(limit, field):
            detail = "A pod has no limits of its own that could be filled in; its containers have."
            yield Problem((field,), "Defaults of a pod", detail, 'write them for type = "Container"')
    if kind == _CLAIM and not any("storage" in _amounts(limit, field) for field in ("max", "min")):
        yield Problem((), "Missing limit", "Limits of claims say how much storage one has.", 'max = { storage = "…" }, or min')


def _order(limit: Attributes) -> Iterator[Problem]:
    for high, low in _ABOVE:
        above = _amounts(limit, high)
        for name, amount in _amounts(limit, low).items():
            if name in above and amount > above[name]:
                detail = f"{low} of {name} is above {high}: no {limit.get('type')} could keep to both."
                yield Problem((low, name), "Limits contradict each other", detail)
    yield from _together(limit)


def _together(limit: Attributes) -> Iterator[Problem]:
    """How far a limit may be from its request."""
    most, least = _amounts(limit, "max"), _amounts(limit, "min")
    for name, ratio in _amounts(limit, "max_limit_request_ratio").items():
        why = f"The ratio of {name} is below 1: a limit is never below its request." if ratio < 1 else ""
        if name in most and name in least and ratio * least[name] > most[name]:
            why = f"The ratio of {name} is above that of max and min, so that it limits nothing."
        if why:
            yield Problem(("max_limit_request_ratio", name), "Invalid ratio", why)
    requests = _amounts(limit, "default_request")
    for name, amount in _amounts(limit, "default").items():
        if not names.is_shared(name) and name in requests and amount != requests[name]:
            detail = f"{name} is given out whole: its default_request is its default, which is max where it is not written."
            yield Problem(("default_request", name), "Limits contradict each other", detail, "leave default_request out")


def _filled(limit: Attributes) -> Attributes:
    """With what the server fills in for containers (core/v1/defaults.go, SetDefaults_LimitRangeItem)."""
    if limit.get("type") != "Container":
        return limit
    most, least, default, request = (_mapping(limit, name) for name in ("max", "min", "default", "default_request"))
    default = {**most, **default}
    return {**limit, "default": default, "default_request": {**least, **default, **request}}


def _mapping(limit: Attributes, name: str) -> dict[str, Plain]:
    found = limit.get(name)
    return found if isinstance(found, dict) else {}


def _amounts(limit: Attributes, field: str) -> Mapping[str, Fraction]:
    """The amounts that can be read; what is wrong with others is told where they are."""
    found = limit.get(field)
    return {name: _amount(text) for name, text in found.items()} if isinstance(found, dict) else {}


def _amount(text: Plain) -> Fraction:
    try:
        return quantity.parse(str(text))
    except ValueError:
        return Fraction(0)


def _no_resource(path: Path, name: str, what: str, known: Iterable[str], hint: str = "") -> Problem:
    detail = f'"{name}" is nothing that {what} can be limited in.{did_you_mean(name, known)}'
    return Problem(path, "Unknown resource", detail, hint or f"one of {', '.join(known)}, or a device such as nvidia.com/gpu")


def provisioner(value: Plain) -> Iterable[Problem]:
    """A qualified name, in whatever case."""
    if not names.is_qualified(str(value).lower()):
        detail = f'"{value}" is no name of a provisioner: letters, digits, "-", "_" and ".", after a DNS name and a slash if any.'
        yield Problem((), "Invalid provisioner", detail, "such as ebs.csi.aws.com or kubernetes.io/aws-ebs")


def parameters(value: Plain) -> Iterable[Problem]:
    """At most 512, of 256 KiB, and none without a name."""
    found = value if isinstance(value, dict) else {}
    if "" in found:
        yield Problem(("",), "Invalid parameter", "A parameter of a storage class has a name.")
    if len(found) > 512 or sum(len(k.encode()) + len(str(v).encode()) for k, v in found.items()) > 256 * 1024:
        yield Problem((), "Too many parameters", "A storage class has at most 512 parameters, of 256 KiB together.")
