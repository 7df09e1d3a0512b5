"""What KFP cannot say of the settings that are written, and what nearest thing is done: told in the plan, never dropped.

Facts: kubeflow/pipelines 2.17.0 and the issues that are named.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from kfinfra.diag import Diagnostic, warning
from kfinfra.model import quantity
from kfinfra.model.plain import Attributes
from kfinfra.pipelines.capacity import unplaceable
from kfinfra.pipelines.checks import EPHEMERAL
from kfinfra.pipelines.layering import layered
from kfinfra.pipelines.placement import node_groups
from kfinfra.pipelines.reading import mapping, sequence, text

Notes: TypeAlias = Callable[[Attributes], Iterable[tuple[str, str, str]]]
"""What is to be told of a task's settings: summary, detail, hint of each."""


def notes_on(defaults: Attributes | None, overrides: Mapping[str, Attributes] | None) -> tuple[Diagnostic, ...]:
    """Warnings on `defaults`, and on each override over them where it says more than the defaults do already."""
    return _told(defaults, overrides, _notes)


def misplaced(defaults: Attributes | None, overrides: Mapping[str, Attributes] | None) -> tuple[Diagnostic, ...]:
    """Warnings of tasks that fit on no node of their groups; these are looked at as a whole, and make no package."""
    return _told(defaults, overrides, unplaceable)


def _told(defaults: Attributes | None, overrides: Mapping[str, Attributes] | None, notes: Notes) -> tuple[Diagnostic, ...]:
    base = defaults or {}
    general = list(notes(base))
    out = [warning(summary, f"defaults: {detail}", hint=hint) for summary, detail, hint in general]
    for name, settings in (overrides or {}).items():
        for summary, detail, hint in notes(layered([base, settings])):
            if (summary, detail, hint) not in general:
                out.append(warning(summary, f"Task {name}: {detail}", hint=hint))
    return tuple(out)


def _notes(settings: Attributes) -> Iterator[tuple[str, str, str]]:
    yield from _retry(settings)
    yield from _ephemeral(settings)
    yield from _memory(settings)
    yield from _copies(settings)


def _retry(settings: Attributes) -> Iterator[tuple[str, str, str]]:
    retry = mapping(settings, "retry")
    policy = text(retry, "policy")
    if policy not in ("", "OnFailure"):
        detail = (
            f"KFP cannot hold the retry policy {policy}; what fails is retried as Argo's OnFailure does: when the task's own "
        )
        detail += "code fails, not when its node is lost (kubeflow/pipelines#13456)."
        yield "Retry policy is not KFP's to set", detail, 'write policy = "OnFailure", or leave it out'
    elif retry and any(text(group, "capacity_type") == "SPOT" for group in node_groups(settings)):
        detail = "a spot node that is taken away is an error to Argo, not a failure: KFP does not retry it "
        detail += "(kubeflow/pipelines#13456)."
        yield "A lost spot node is not retried", detail, "name an on-demand group for tasks that must end"


def _ephemeral(settings: Attributes) -> Iterator[tuple[str, str, str]]:
    resources = mapping(settings, "resources")
    limit, request = text(resources, "limits", EPHEMERAL), text(resources, "requests", EPHEMERAL)
    device = next((name for name in mapping(resources, "limits") if "/" in name), None)
    if device is not None and request:
        detail = (
            f"KFP has one place for both ephemeral storage and {device}, and the device takes it: {request} of the node's disk "
        )
        detail += "are neither reserved nor limited (kubeflow/pipelines#11137)."
        hint = (
            'scratch = { path = "…", size = "…", storage_class = "…" } gives the task a volume; a limit_range of the namespace '
        )
        yield "Ephemeral storage is not reserved", detail, hint + "with a default for ephemeral-storage reserves it"
    elif request and not limit:
        detail = f"KFP cannot hold a request alone; {request} become the limit too, and a task that uses more is evicted."
        yield "Ephemeral storage is limited too", detail, f'write the limit that you mean: limits = {{ "{EPHEMERAL}" = "…" }}'
    elif request and not quantity.same(request, limit):
        detail = f"KFP holds the limit alone, and Kubernetes takes it for the request: {limit} are reserved, not {request}."
        yield "Ephemeral storage is reserved up to its limit", detail, ""


def _memory(settings: Attributes) -> Iterator[tuple[str, str, str]]:
    """A volume in RAM counts against the container's memory limit."""
    limit, size = text(settings, "resources", "limits", "memory"), text(settings, "shared_memory")
    if limit and size and quantity.parse(size) > quantity.parse(limit):
        detail = f"/dev/shm may grow to {size}, but counts towards the memory limit of {limit}: the task is killed first."
        yield "Shared memory above the memory limit", detail, "raise the limit, or make shared_memory smaller"


def _copies(settings: Attributes) -> Iterator[tuple[str, str, str]]:
    """A task that reads or writes S3 does so each time."""
    names = [name for name in ("s3_inputs", "s3_outputs") if sequence(settings, name)]
    if names and settings.get("cache") is None:
        detail = f"KFP's cache knows nothing of what is in S3, so a task with {' and '.join(names)} always runs."
        yield "Task is not cached", detail, "write cache = false to say that you know"
