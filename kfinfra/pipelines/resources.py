"""Requests and limits in a container: the fields of new servers (text) and of old ones (numbers), as kfp itself sets both.

The accelerator is one slot. It holds the device, or else ephemeral storage, for which KFP has no field of its own: the
driver puts whatever resource stands there into the limits (backend/src/v2/driver/driver.go), and Kubernetes takes a limit
for the request where none is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from kfinfra.diag import Diagnostic, DiagnosticError, error
from kfinfra.model import quantity
from kfinfra.model.plain import Attributes, Plain
from kfinfra.pipelines.checks import EPHEMERAL, check_resources
from kfinfra.pipelines.reading import entries, mapping, text

_FIELDS = (
    ("cpu", "requests", "CpuRequest"),
    ("cpu", "limits", "CpuLimit"),
    ("memory", "requests", "MemoryRequest"),
    ("memory", "limits", "MemoryLimit"),
)
_GIGA = 10**9


def with_resources(container: Mapping[str, Plain], settings: Attributes) -> dict[str, Plain]:
    """The container with the settings' resources. Raises DiagnosticError for what Kubernetes would refuse or KFP cannot hold."""
    wanted = mapping(settings, "resources")
    if not any(mapping(wanted, kind) for kind in ("requests", "limits")):
        return dict(container)
    for problem in check_resources(wanted):
        raise DiagnosticError(error(problem.summary, problem.detail, hint=problem.hint))
    out = mapping(container, "resources")
    for name, kind, field in _FIELDS:
        if amount := text(wanted, kind, name):
            out[f"resource{field}"] = amount
            number = quantity.parse(amount)
            out[field[0].lower() + field[1:]] = float(number if name == "cpu" else number / _GIGA)
    if slot := _slot(wanted, mapping(out, "accelerator")):
        out["accelerator"] = slot
    _check_order(out)
    return {**container, "resources": out}


def _slot(wanted: Mapping[str, Plain], there: Mapping[str, Plain]) -> dict[str, Plain]:
    """What goes into the accelerator; nothing where nothing is written for it."""
    device = next(((n, str(a)) for n, a in entries(wanted, "limits") if "/" in n), None)
    limit, request = (text(wanted, kind, EPHEMERAL) for kind in ("limits", "requests"))
    if device is not None:
        if limit:
            raise DiagnosticError(_full(device[0]))
        count = str(int(quantity.parse(device[1])))
        return {"type": device[0], "count": count, "resourceType": device[0], "resourceCount": count}
    if not (limit or request):
        return {}
    held = text(there, "resourceType") or text(there, "type")
    if held and held != EPHEMERAL:
        raise DiagnosticError(_full(held))
    return {"resourceType": EPHEMERAL, "resourceCount": limit or request}


def _full(device: str) -> Diagnostic:
    detail = f"KFP has one place for both a device and ephemeral storage, and {device} takes it (kubeflow/pipelines#11137)."
    hint = 'write scratch = { path = "…", size = "…" } for bounded space on the node, with storage_class for a volume of its own'
    return error("Ephemeral storage beside a device", detail, hint=hint)


def _check_order(resources: Mapping[str, Plain]) -> None:
    """A request of the task's own code may lie above a limit that is set here."""
    for name in ("Cpu", "Memory"):
        request, limit = (_amount(resources, f"resource{name}{kind}") for kind in ("Request", "Limit"))
        if request is not None and limit is not None and request > limit:
            detail = f"The task's own code and these settings together ask for more {name.lower()} than the limit allows."
            raise DiagnosticError(
                error("Request above limit", detail, hint=f"set both the request and the limit for {name.lower()}")
            )


def _amount(resources: Mapping[str, Plain], field: str) -> Fraction | None:
    try:
        return quantity.parse(text(resources, field))
    except ValueError:
        return None
