"""Node groups and how they live: CREATING to ACTIVE, one update at a time, DELETING to gone. Time is handed in.

On demand things go wrong: a type of `FAILING_TYPES` with a size above 0, or a subnet whose id ends in `dead`, gives
CREATE_FAILED with a health issue; a label `sandbox/degraded` makes a group DEGRADED after the next change; a version update
of a group with the label `sandbox/stuck` fails with PodEvictionFailure unless it is forced.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from kfinfra.sandbox.eks.errors import Refusal, invalid
from kfinfra.sandbox.eks.validate import FAILING_TYPES

ACCOUNT = "123456789012"
DEGRADED, STUCK = "sandbox/degraded", "sandbox/stuck"
RELEASES = {"1.31": "1.31.14-20251112", "1.32": "1.32.9-20251112", "1.33": "1.33.5-20251112", "1.34": "1.34.2-20251112"}

Wire = dict[str, Any]


@dataclass
class Group:
    """A node group: `wire` is what DescribeNodegroup answers; `due` is when `then` ends the change that is under way."""

    wire: Wire
    token: str | None
    request: Wire
    due: float | None = None
    then: Callable[[], None] | None = None
    updates: dict[str, Wire] = field(default_factory=dict)
    update_tokens: dict[str, tuple[str, Wire]] = field(default_factory=dict)
    gone: bool = False

    def settle(self, now: float) -> None:
        """Ends the change that is under way where its time has come."""
        if self.due is not None and now >= self.due and self.then is not None:
            then, self.due, self.then = self.then, None, None
            then()

    def start(self, status: str, due: float, then: Callable[[], None]) -> None:
        """Begins a change. Raises Refusal where one is under way."""
        if self.due is not None:
            name = self.wire["nodegroupName"]
            raise Refusal("ResourceInUseException", f"Nodegroup cannot be changed while {name} is {self.wire['status']}")
        self.wire["status"] = status
        self.due, self.then = due, then


def new_group(body: Mapping[str, Any], cluster: str, cluster_version: str, region: str, now: float) -> Group:
    """A group that is being created, with what EKS chooses where nothing was said; the request was checked before."""
    name, own = body["nodegroupName"], str(uuid.uuid4())
    version = body.get("version") or cluster_version
    template = body.get("launchTemplate")
    ami = body.get("amiType") or ("CUSTOM" if template else "AL2023_x86_64_STANDARD")
    wire: Wire = {
        "nodegroupName": name,
        "nodegroupArn": f"arn:aws:eks:{region}:{ACCOUNT}:nodegroup/{cluster}/{name}/{own}",
        "clusterName": cluster,
        "version": version,
        "releaseVersion": body.get("releaseVersion") or RELEASES[version],
        "createdAt": now,
        "modifiedAt": now,
        "status": "CREATING",
        "capacityType": body.get("capacityType") or "ON_DEMAND",
        "scalingConfig": body.get("scalingConfig") or {"minSize": 1, "maxSize": 2, "desiredSize": 2},
        "instanceTypes": body.get("instanceTypes") or (None if template else ["t3.medium"]),
        "subnets": body["subnets"],
        "remoteAccess": body.get("remoteAccess"),
        "amiType": ami,
        "nodeRole": body["nodeRole"],
        "labels": dict(body.get("labels") or {}),
        "taints": list(body.get("taints") or []) or None,
        "diskSize": None if template else body.get("diskSize") or (50 if "WINDOWS" in ami else 20),
        "health": {"issues": []},
        "updateConfig": body.get("updateConfig") or {"maxUnavailable": 1},
        "nodeRepairConfig": body.get("nodeRepairConfig"),
        "warmPoolConfig": body.get("warmPoolConfig"),
        "launchTemplate": _template(template) if template else None,
        "tags": dict(body.get("tags") or {}),
        "resources": {"autoScalingGroups": []},
    }
    wire = {k: v for k, v in wire.items() if v is not None}
    return Group(wire, body.get("clientRequestToken"), dict(body))


def _template(given: Mapping[str, Any]) -> Wire:
    """A launch template with both of its names, as EKS answers; any template exists here."""
    name = given.get("name") or f"template-{given['id'].removeprefix('lt-')}"
    found = given.get("id") or f"lt-{uuid.uuid5(uuid.NAMESPACE_DNS, name).hex[:17]}"
    return {"id": found, "name": name, "version": given.get("version") or "1"}


def created(group: Group) -> None:
    """The end of a creation: nodes are there, or it is known why not."""
    wire = group.wire
    own = wire["nodegroupArn"].rpartition("/")[2]
    wire["resources"] = {"autoScalingGroups": [{"name": f"eks-{wire['nodegroupName']}-{own}"}]}
    issue = _launch_issue(wire)
    if issue:
        wire["health"] = {"issues": [issue]}
    wire["status"] = "CREATE_FAILED" if issue else _rest(wire)


def _launch_issue(wire: Wire) -> Wire | None:
    dead = [s for s in wire["subnets"] if s.endswith("dead")]
    if dead:
        return {"code": "Ec2SubnetNotFound", "message": "The subnet does not exist or is not usable.", "resourceIds": dead}
    failing = [t for t in wire.get("instanceTypes", ()) if t in FAILING_TYPES]
    if failing and wire["scalingConfig"]["desiredSize"] > 0:
        said = f"Could not launch On-Demand Instances. {FAILING_TYPES[failing[0]]} - no {failing[0]} can be had."
        names = [g["name"] for g in wire["resources"]["autoScalingGroups"]]
        return {"code": "AsgInstanceLaunchFailures", "message": said, "resourceIds": names}
    return None


def _rest(wire: Wire) -> str:
    """The status of a group that nothing happens to."""
    if DEGRADED not in wire["labels"]:
        wire["health"] = {"issues": []}
        return "ACTIVE"
    issue = {"code": "IamNodeRoleNotFound", "message": "The node role is gone.", "resourceIds": [wire["nodeRole"]]}
    wire["health"] = {"issues": [issue]}
    return "DEGRADED"


def begin_update(group: Group, kind: str, request: Wire, change: Wire, due: float, now: float) -> Wire:
    """Begins an update and answers it; `change` is what the group will hold. Raises Refusal."""
    token = request.get("clientRequestToken")
    if token and token in group.update_tokens:
        known, earlier = group.update_tokens[token]
        if earlier != request:
            raise Refusal("InvalidRequestException", "The client request token was used with other parameters")
        return group.updates[known]
    if group.wire["status"] not in ("ACTIVE", "DEGRADED", "UPDATING"):
        raise invalid(f"Nodegroup cannot be updated while it is {group.wire['status']}")
    update: Wire = {"id": str(uuid.uuid4()), "status": "InProgress", "type": kind, "createdAt": now, "errors": []}
    update["params"] = [{"type": k[:1].upper() + k[1:], "value": str(v)} for k, v in request.items() if isinstance(v, str)]
    stuck = kind == "VersionUpdate" and STUCK in group.wire["labels"] and not request.get("force")

    def end() -> None:
        update["status"] = "Failed" if stuck else "Successful"
        if stuck:
            words = "Reached max retries while trying to evict pods from nodes in node group"
            update["errors"] = [{"errorCode": "PodEvictionFailure", "errorMessage": words, "resourceIds": []}]
        else:
            group.wire.update(change)
        group.wire.update(modifiedAt=due, status=_rest(group.wire))

    group.start("UPDATING", due, end)
    group.updates[update["id"]] = update
    if token:
        group.update_tokens[token] = (update["id"], request)
    return update


def begin_delete(group: Group, due: float) -> None:
    """Begins a deletion. Raises Refusal where another change is under way."""

    def end() -> None:
        group.gone = True

    group.start("DELETING", due, end)
