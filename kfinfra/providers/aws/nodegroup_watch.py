"""Following a node group until it rests: statuses, health issues and updates, polled ever more slowly.

boto3's waiters are not used: `nodegroup_active` polls every 30 s, spins on DEGRADED, and none waits for updates.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator
from typing import Any

from kfinfra.diag import DiagnosticError, error
from kfinfra.model.ports import Step, Wait
from kfinfra.providers.aws.client import Aws, code_of, translated
from kfinfra.providers.aws.nodegroup_translate import Wire, issues

SLOWEST = 15.0
MISSING, BUSY = "ResourceNotFoundException", "ResourceInUseException"


def ask(doing: str, call: Callable[..., Any], code: str, **said: Any) -> Wire | None:
    """What EKS answers, None where it refuses with `code`. Raises DiagnosticError."""
    from botocore.exceptions import ClientError

    with translated(doing):
        try:
            answer: Wire = call(**said)
        except ClientError as problem:
            if code_of(problem) == code:
                return None
            raise
    return answer


def describe(aws: Aws, cluster: str, name: str) -> Wire | None:
    """The group as EKS describes it, or None where group or cluster is not there."""
    call = aws.service("eks").describe_nodegroup
    answer = ask(f"read the node group {name}", call, MISSING, clusterName=cluster, nodegroupName=name)
    return answer and dict(answer["nodegroup"])


def ended(aws: Aws, cluster: str, name: str, what: str, update: str) -> Generator[Step, None, None]:
    """Waits until an update is through. Raises DiagnosticError with EKS's errors where it failed or was cancelled."""
    for seconds in pauses():
        with translated(f"follow an update of the node group {name}"):
            said = aws.service("eks").describe_update(name=cluster, nodegroupName=name, updateId=update)["update"]
        if said["status"] == "Successful":
            return
        if said["status"] != "InProgress":
            found = "; ".join(f"{e.get('errorCode')}: {e.get('errorMessage')}" for e in said.get("errors") or ())
            detail = f"The update {update} of the {what} of {name} ended as {said['status']}: {found or 'EKS gives no reason'}."
            hint = "mend the cause and apply again; force_update = true evicts pods that a disruption budget protects"
            raise DiagnosticError(error("Node group update failed", detail, hint=hint if "PodEviction" in found else ""))
        yield Wait(seconds, f"UPDATING ({what})")


def active(aws: Aws, cluster: str, name: str) -> Generator[Step, None, Wire]:
    """Waits until the group is ACTIVE. Raises DiagnosticError with the health issues where it will not be."""
    for seconds in pauses():
        group = still(describe(aws, cluster, name), name)
        if group["status"] == "ACTIVE":
            break
        if group["status"] not in ("CREATING", "UPDATING"):
            raise _ill(group)
        yield Wait(seconds, _status(group))
    return group


def still(group: Wire | None, name: str) -> Wire:
    """The group, which has to be there. Raises DiagnosticError."""
    if group is None:
        raise DiagnosticError(error("Node group is gone", f"The node group {name} was deleted meanwhile.", hint="plan again"))
    return group


def _status(group: Wire) -> str:
    codes = ", ".join(dict.fromkeys(str(i.get("code")) for i in issues(group)))
    return f"{group['status']} ({codes})" if codes else str(group["status"])


def _ill(group: Wire) -> DiagnosticError:
    """What is wrong with a group, in EKS's own words."""
    said = [
        f"{i.get('code')}: {i.get('message')}" + (f" ({', '.join(i['resourceIds'])})" if i.get("resourceIds") else "")
        for i in issues(group)
    ]
    detail = f"The node group {group['nodegroupName']} is {group['status']}: {'; '.join(said) or 'EKS names no issue'}."
    return DiagnosticError(error("Node group is not healthy", detail, hint="mend what EKS names, and apply again"))


def gone(aws: Aws, cluster: str, name: str) -> Generator[Step, None, None]:
    """Waits until a group is gone. Raises DiagnosticError with the health issues where it will not go."""
    for seconds in pauses():
        group = describe(aws, cluster, name)
        if group is None:
            return
        if group["status"] != "DELETING":
            raise _ill(group)
        yield Wait(seconds, _status(group))


def pauses() -> Iterator[float]:
    """1, 2, 4 … 15 seconds, each a little off, so that many groups do not ask at the same moment."""
    seconds = 1.0
    while True:
        yield min(seconds, SLOWEST) * random.uniform(0.8, 1.2)
        seconds *= 2
