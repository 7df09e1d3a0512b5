"""Rules for single task settings: what Kubernetes or KFP would refuse at run time is refused while it is written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from fractions import Fraction

from kfinfra.diag import did_you_mean
from kfinfra.model import durations, quantity
from kfinfra.model.plain import Plain
from kfinfra.model.schema import Problem
from kfinfra.pipelines.reading import entries, mapping

EPHEMERAL = "ephemeral-storage"
RESERVED_PATHS = ("/gcs", "/s3", "/minio", "/.local", "/.cache", "/.config", "/kfp-launcher")
"""Where KFP mounts volumes of its own (backend/src/v2/compiler/argocompiler/container.go)."""

_VARIABLE = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")
_LABEL = re.compile(r"(?:[A-Za-z0-9](?:[-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_PREFIX = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?")
_POLICIES = ("OnFailure", "Always", "OnError", "OnTransientError")
_EFFECTS = ("NoSchedule", "PreferNoSchedule", "NoExecute")
_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")


def check_quantity(value: Plain) -> Iterable[Problem]:
    """A quantity above zero."""
    try:
        if quantity.parse(str(value)) <= 0:
            yield Problem((), "Invalid quantity", f'"{value}" is not above zero.')
    except ValueError as problem:
        yield Problem((), "Invalid quantity", f"{problem}.")


def check_resources(value: Plain) -> Iterable[Problem]:
    """Names that Kubernetes knows, quantities, requests within limits, one kind of device."""
    for kind in ("requests", "limits"):
        for name, amount in entries(value, kind):
            yield from _resource(kind, name, amount)
    requests, limits = _amounts(value, "requests"), _amounts(value, "limits")
    for name, asked in requests.items():
        if name in limits and asked > limits[name]:
            detail = f"The request for {name} is above its limit; Kubernetes refuses such a pod."
            yield Problem(("requests", name), "Request above limit", detail)
    yield from _devices(requests, limits)


def _resource(kind: str, name: str, amount: Plain) -> Iterator[Problem]:
    known = ("cpu", "memory", EPHEMERAL, "nvidia.com/gpu", "amd.com/gpu", "aws.amazon.com/neuron")
    if name not in known and "/" not in name:
        detail = f'KFP cannot set a resource "{name}".{did_you_mean(name, known)}'
        yield Problem(
            (kind, name), "Unknown resource", detail, f'cpu, memory, "{EPHEMERAL}", or a device such as "nvidia.com/gpu"'
        )
    for problem in check_quantity(amount):
        yield Problem((kind, name), problem.summary, problem.detail)


def _devices(requests: Mapping[str, Fraction], limits: Mapping[str, Fraction]) -> Iterator[Problem]:
    devices = sorted(name for name in limits if "/" in name)
    for name in devices:
        if limits[name].denominator != 1:
            yield Problem(
                ("limits", name), "Invalid number of devices", f"Devices are given out whole: {name} is no whole number."
            )
    if len(devices) > 1:
        detail = f"{' and '.join(devices)}: KFP can give a task one kind of device (kubeflow/pipelines#10996)."
        yield Problem(("limits",), "Two kinds of devices", detail, "split the task, or leave one kind out")
    for name in (n for n in requests if "/" in n):
        if requests[name] != limits.get(name):
            detail = (
                f"The request for {name} must equal its limit: Kubernetes does not share devices, and KFP sets the limit only."
            )
            yield Problem(("requests", name), "Device request without its limit", detail, f'write "{name}" under limits')


def _amounts(value: Plain, kind: str) -> dict[str, Fraction]:
    out: dict[str, Fraction] = {}
    for name, amount in entries(value, kind):
        try:
            out[name] = quantity.parse(str(amount))
        except ValueError:
            continue
    return out


def check_path(value: Plain) -> Iterable[Problem]:
    """An absolute path that KFP does not use itself."""
    path = str(value)
    if not path.startswith("/") or path == "/" or ":" in path or ".." in path.split("/"):
        yield Problem((), "Invalid mount path", f'"{path}" is no absolute path below / (without ":" and "..").')
    elif path.rstrip("/") in RESERVED_PATHS:
        yield Problem((), "Reserved mount path", f"KFP mounts a volume of its own at {path}.", "choose another path")


def check_sub_path(value: Plain) -> Iterable[Problem]:
    """A path inside a volume."""
    if str(value).startswith("/") or ".." in str(value).split("/"):
        yield Problem((), "Invalid sub path", f'"{value}" is no path inside the volume: relative, without "..".')


def check_variable(value: Plain) -> Iterable[Problem]:
    """The name of an environment variable."""
    if not _VARIABLE.fullmatch(str(value)):
        yield Problem((), "Invalid variable name", f'"{value}" is no name that Kubernetes takes for an environment variable.')


def check_env(value: Plain) -> Iterable[Problem]:
    """A map whose keys are names of environment variables; a NUL would end a value, and no container starts with one."""
    for name, text in entries(value):
        yield from (Problem((name,), p.summary, p.detail) for p in check_variable(name))
        if "\0" in str(text):
            detail = f'The value of "{name}" holds the character U+0000: no process can be given such a variable.'
            yield Problem((name,), "Invalid value of a variable", detail, "leave the character out")


def check_keys(value: Plain) -> Iterable[Problem]:
    """A map from an object's key to a variable's name, with at least one entry."""
    if not mapping(value):
        yield Problem(
            (), "No keys", "KFP takes single keys of an object into the environment, not all of them.", 'keys = { KEY = "NAME" }'
        )
    for key, name in entries(value):
        yield from (Problem((key,), p.summary, p.detail) for p in check_variable(name))


def check_env_from(value: Plain) -> Iterable[Problem]:
    """Each entry names a config map or a secret."""
    for index, item in enumerate(value if isinstance(value, list) else []):
        written = [name for name in ("config_map", "secret") if mapping(item).get(name) is not None]
        if len(written) != 1:
            yield Problem(
                (index,), "One source is wanted", f'An entry of env_from has either "config_map" or "secret", not {len(written)}.'
            )


def check_duration(value: Plain) -> Iterable[Problem]:
    """A duration of whole seconds."""
    try:
        if not durations.seconds(str(value)).is_integer():
            yield Problem((), "Invalid duration", f"{value} is no whole number of seconds; KFP drops the fraction.")
    except ValueError as problem:
        yield Problem((), "Invalid duration", f"{problem}.")


def check_timeout(value: Plain) -> Iterable[Problem]:
    """A duration of at least a second: for KFP zero is no limit."""
    problems = list(check_duration(value))
    if not problems and durations.seconds(str(value)) < 1:
        yield Problem((), "Invalid timeout", "A timeout of zero means none to KFP.", "leave the argument out")
    yield from problems


def check_count(value: Plain) -> Iterable[Problem]:
    """A number of retries."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        yield Problem((), "Invalid number of retries", f"{value} is no whole number from 0.")


def check_factor(value: Plain) -> Iterable[Problem]:
    """Argo reads the factor as a whole number; 1.5 fails the run (argo-workflows, workflow/controller/operator.go)."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        yield Problem(
            (), "Invalid backoff factor", f"{value} is no whole number from 1: Argo, which KFP runs on, takes no fraction."
        )


def check_policy(value: Plain) -> Iterable[Problem]:
    """A retry policy of Argo's."""
    yield from _one_of(value, _POLICIES, "retry policy")


def check_medium(value: Plain) -> Iterable[Problem]:
    """What backs an emptyDir."""
    if not (str(value) == "Memory" or str(value).startswith("HugePages")):
        yield Problem((), "Invalid medium", f'"{value}" is none: Memory, or HugePages and its size.')


def check_effect(value: Plain) -> Iterable[Problem]:
    """A taint's effect."""
    yield from _one_of(value, _EFFECTS, "taint effect")


def check_operator(value: Plain) -> Iterable[Problem]:
    """A node affinity's operator."""
    yield from _one_of(value, _OPERATORS, "operator")


def check_toleration_operator(value: Plain) -> Iterable[Problem]:
    """A toleration's operator."""
    yield from _one_of(value, ("Equal", "Exists"), "operator")


def check_weight(value: Plain) -> Iterable[Problem]:
    """A preference's weight."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= 100:
        yield Problem((), "Invalid weight", f"{value} is no whole number from 1 to 100.")


def check_labels(value: Plain) -> Iterable[Problem]:
    """Kubernetes labels: keys with an optional prefix, values of at most 63 characters."""
    yield from check_annotations(value)
    for key, text in entries(value):
        if not _LABEL.fullmatch(str(text)):
            yield Problem((key,), "Invalid label", f'"{text}" is no label value: at most 63 letters, digits and - _ . inside.')


def check_annotations(value: Plain) -> Iterable[Problem]:
    """Kubernetes' names of labels and annotations."""
    for key in mapping(value):
        prefix, slash, name = key.rpartition("/")
        if not name or not _LABEL.fullmatch(name) or (slash and not _PREFIX.fullmatch(prefix)):
            yield Problem((key,), "Invalid name", f'"{key}" is no name for a label or annotation.')


def _one_of(value: Plain, known: tuple[str, ...], what: str) -> Iterator[Problem]:
    if value not in known:
        yield Problem((), f"Invalid {what}", f'"{value}" is none.{did_you_mean(str(value), known)}', f"one of {', '.join(known)}")
